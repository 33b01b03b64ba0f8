"""Values of settings files as commands take them."""

from __future__ import annotations

from typing import Any

import typer

from avsep.errors import SettingError


def read_value(parameter: Any, context: Any, key: str, value: object, *, where: str) -> Any:  # noqa: ANN401
    """A value of TOML as a command takes it, by the command's own means.

    Args:
        parameter: Whose value it is.
        context: Of the command.
        key: Its name in the file.
        value: As the file has it.
        where: It stands, as mistakes tell.

    Raises:
        SettingError: The option takes no such value.
    """
    given = _as_given(parameter, value)
    if given is None:
        raise SettingError(
            f"{where}{key} = {show_value(value)} is not {_tell_kind(parameter)}",
            hint=f"Write it like {key} = {_give_example(parameter)}.",
        )
    try:
        return parameter.process_value(context, given)
    except typer.BadParameter as error:
        raise SettingError(
            f"{where}{key} = {show_value(value)}: {error.message}".rstrip("."),
            hint=f"`avsep split --help` says what --{key} takes.",
        ) from error


def _as_given(parameter: Any, value: object) -> Any:  # noqa: ANN401
    """A value of TOML as the command line would give it; None if it is of the wrong kind."""
    if parameter.is_flag:
        return value if isinstance(value, bool) else None
    if parameter.multiple:
        return _as_texts(value)
    if _is_number(parameter):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return str(value) if is_number else None
    texts = _as_texts(value)
    return None if texts is None else ",".join(texts)


def _as_texts(value: object) -> list[str] | None:
    """Texts and numbers as texts; a table's rows as KEY=VALUE."""
    if isinstance(value, dict):
        return _as_texts([f"{key}={item}" for key, item in value.items()])
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, bool) or not isinstance(item, (str, int, float)) for item in items):
        return None
    return [str(item) for item in items]


def _is_number(parameter: Any) -> bool:  # noqa: ANN401
    default = parameter.default
    return isinstance(default, (int, float)) and not isinstance(default, bool)


def _tell_kind(parameter: Any) -> str:  # noqa: ANN401
    if parameter.is_flag:
        return "true or false"
    return "a number" if _is_number(parameter) else "a text"


def _give_example(parameter: Any) -> str:  # noqa: ANN401
    if parameter.is_flag:
        return "true"
    return str(parameter.default) if _is_number(parameter) else f'"{parameter.default or "..."}"'


def show_value(value: object) -> str:
    """A value about as it stands in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
