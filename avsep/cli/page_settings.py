"""Files of settings and presets, as the page asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from avsep.cli.settings import BUILT_IN, Settings
from avsep.cli.settings_file import suggest
from avsep.cli.wanted import read_options
from avsep.errors import SettingError
from avsep.options import Options


class PageSettings:
    """What `avsep split` would do with a recording; files are read anew each time.

    Args:
        split: Context of that command.
        folders: Those the page was started with.
    """

    def __init__(self, split: typer.Context, folders: Sequence[Path]) -> None:
        self._split, self._folders = split, folders

    def list_presets(self, recording: Path) -> list[str]:
        """Names of the presets that may be taken for a recording."""
        file = Settings(self._split, {}, self._folders).files.find(recording)
        return sorted({*BUILT_IN, *(file.presets if file else ())})

    def choose(self, recording: Path, preset: str, ranges: Sequence[str]) -> Options:
        """What is wanted of a recording; which part of it is for the page alone to say.

        Raises:
            SettingError: There is no such preset, or a file of settings holds a mistake.
        """
        if preset and preset not in (there := self.list_presets(recording)):
            raise SettingError(
                f"there is no preset {preset!r} for {recording.name}", hint=suggest(preset, there)
            )
        given: dict[str, Any] = {"range_": list(ranges) or None, "preview": False}
        given |= {"preset": preset} if preset else {}
        try:
            return read_options(
                Settings(self._split, given, self._folders).choose_values(recording)
            )
        except typer.BadParameter as error:
            raise SettingError(
                error.message, hint="Take another preset, or change avsep.toml."
            ) from error
