"""What is in force, as `avsep settings` shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from avsep.cli.settings import Setting, Settings
from avsep.cli.settings_file import OF_THE_RUN, Values
from avsep.errors import SettingError


def describe_settings(split: Any, recording: Path, given: Values) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    """What is in force for a recording or, with a folder, for those in it, and whence.

    Args:
        split: Context of the command whose options are meant.
        recording: A video or a folder.
        given: Options of the command line.

    Raises:
        SettingError: There is no such recording, or a file holds a mistake.
    """
    if not recording.exists():
        raise SettingError(f"there is no {recording}", hint="Name a video, or a folder.")
    settings = Settings(split, given)
    source = recording / "*" if recording.is_dir() else recording
    chosen = {**settings.choose(source), **_take_of_the_run(settings)}
    return {
        key: {
            "value": _as_plain(setting.value),
            "shown": _tell(setting.value),
            "whence": setting.whence,
        }
        for key, option in settings.options.items()
        for setting in [chosen[option.name]]
    }


def _take_of_the_run(settings: Settings) -> dict[str, Setting]:
    run = settings.choose(None)
    return {settings.options[key].name: run[settings.options[key].name] for key in OF_THE_RUN}


def _as_plain(value: Any) -> Any:  # noqa: ANN401
    """A value that JSON holds."""
    if isinstance(value, (list, tuple)):
        return [_as_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _tell(value: Any) -> str:  # noqa: ANN401
    """A value about as it stands in a file."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
