"""What is wanted of a recording where the page says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from avsep.options import Options


class Usual(Protocol):
    """Who knows what is usual: files of settings, and presets."""

    def list_presets(self, recording: Path) -> list[str]:
        """Names of the presets that may be taken for a recording."""

    def choose(self, recording: Path, preset: str, ranges: Sequence[str]) -> Options:
        """What is wanted of a recording.

        Args:
            recording: The file.
            preset: Name of the one that is taken, or nothing.
            ranges: The parts that are wanted; none for all of it.

        Raises:
            AvsepError: There is no such preset, or a file of settings holds a mistake.
        """


class Defaults:
    """Nothing but the options' own defaults."""

    def list_presets(self, recording: Path) -> list[str]:
        """There are none."""
        del recording
        return []

    def choose(self, recording: Path, preset: str, ranges: Sequence[str]) -> Options:
        """The same of each."""
        del recording, preset, ranges
        return Options()


DEFAULTS = Defaults()
