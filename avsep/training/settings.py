"""Settings of a TOML file to frozen dataclasses; what nobody knows is refused."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from avsep.errors import SettingError

T = TypeVar("T")


def read_table(path: Path) -> dict[str, Any]:
    """What a TOML file says.

    Raises:
        SettingError: It can't be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path}: {error}", hint="See weights/base.toml.") from error


def fill(defaults: T, table: dict[str, Any], path: Path) -> T:
    """Settings that are given in the place of the defaults."""
    known = {item.name for item in fields(defaults)}  # type: ignore[arg-type]
    _refuse(table.keys() - known, path)
    values = {key: _freeze(value) for key, value in table.items()}
    return replace(defaults, **values)  # type: ignore[type-var]


def make(kind: type[T], table: dict[str, Any], path: Path) -> T:
    """Settings of a kind, some of which must be given."""
    _refuse(table.keys() - {item.name for item in fields(kind)}, path)  # type: ignore[arg-type]
    try:
        return kind(**table)
    except TypeError as error:
        raise SettingError(f"{path}: {error}", hint="See weights/base.toml.") from error


def _freeze(value: Any) -> Any:  # noqa: ANN401
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def _refuse(unknown: set[str], path: Path) -> None:
    if unknown:
        raise SettingError(
            f"{path}: unknown setting {', '.join(sorted(unknown))}", hint="Check the spelling."
        )
