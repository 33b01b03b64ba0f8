"""Settings of a TOML file to frozen dataclasses; what nobody knows is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from avsep.errors import SettingError

T = TypeVar("T")
WORDS = {bool: "switch", int: "whole number", float: "number", str: "text", tuple: "list"}


def read_table(path: Path) -> dict[str, Any]:
    """What a TOML file says.

    Raises:
        SettingError: It can't be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"{path} can't be read ({error.strerror})", hint="Check the spelling of its name."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path}: {error}", hint="See weights/base.toml.") from error


def fill(defaults: T, table: dict[str, Any], path: Path) -> T:
    """Settings that are given in the place of the defaults."""
    usual = {item.name: getattr(defaults, item.name) for item in fields(defaults)}  # type: ignore[arg-type]
    _refuse(table.keys() - usual.keys(), path)
    values = {key: _freeze(value) for key, value in table.items()}
    _check_kinds(values, usual, path)
    return replace(defaults, **values)  # type: ignore[type-var]


def make(kind: type[T], table: dict[str, Any], path: Path) -> T:
    """Settings of a kind, some of which must be given."""
    items = fields(kind)  # type: ignore[arg-type]
    _refuse(table.keys() - {item.name for item in items}, path)
    usual = {item.name: item.default for item in items if item.default is not MISSING}
    _check_kinds(table, usual, path)
    try:
        return kind(**table)
    except TypeError as error:
        raise SettingError(f"{path}: {error}", hint="See weights/base.toml.") from error


def _freeze(value: Any) -> Any:  # noqa: ANN401
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def read_list(table: dict[str, Any], key: str, path: Path) -> list[Any]:
    """A list of a table, empty if it isn't there.

    Raises:
        SettingError: Something else stands there.
    """
    found = table.get(key, [])
    if not isinstance(found, list):
        raise SettingError(
            f"{path}: {key} = {found!r} is no list", hint=f'As in {key} = ["{found}"].'
        )
    return found


def _check_kinds(values: Mapping[str, Any], usual: Mapping[str, Any], path: Path) -> None:
    """Refuse what is of another kind than what usually stands there."""
    for key, value in values.items():
        kind = type(usual.get(key))
        if kind in WORDS and not _is_kind(value, kind):
            raise SettingError(
                f"{path}: {key} = {value!r} is no {WORDS[kind]}", hint="See weights/base.toml."
            )


def _is_kind(value: Any, kind: type) -> bool:  # noqa: ANN401
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind


def _refuse(unknown: set[str], path: Path) -> None:
    if unknown:
        raise SettingError(
            f"{path}: unknown setting {', '.join(sorted(unknown))}", hint="Check the spelling."
        )
