"""Which file of settings speaks of a recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from avsep.cli.settings_file import NAME, Reader, SettingsFile

NO_FILE = "none"


class SettingsFiles:
    """The files of settings in a run: each is read once.

    Attributes:
        named: The one that the user has named; None without.
    """

    def __init__(
        self,
        context: Any,  # noqa: ANN401
        options: Mapping[str, Any],
        chosen: str,
        inputs: Sequence[Path],
    ) -> None:
        """Read the file that is named.

        Args:
            context: Of the command whose options are meant.
            options: Its parameters by their keys.
            chosen: The file that the user names, `NO_FILE`, or nothing.
            inputs: What the run was told to work on.
        """
        self._context, self._options, self._chosen = context, options, str(chosen)
        self._folders = [path for path in inputs if path.is_dir()]
        self._found: dict[Path, SettingsFile | None] = {}
        self.named = self._open_named()

    @property
    def opened(self) -> list[SettingsFile]:
        """All that have been read so far."""
        return [file for file in [self.named, *self._found.values()] if file]

    def find_place(self, source: Path) -> tuple[Path, str] | None:
        """The file in which to keep what is learnt of a recording, and its key there.

        None where the user wants no file; the key is empty if the file lacks the recording.
        """
        if self._chosen == NO_FILE:
            return None
        file = self.find(source)
        if file is None:
            return source.parent / NAME, ""
        return file.path, file.find_key(source) or ""

    def find(self, source: Path) -> SettingsFile | None:
        """The file that speaks of a recording: the named one, or the nearest that is beside it.

        Beside is the recording's own folder, or one above it up to the folder that the run was
        told to work on; never further up.
        """
        if self.named or self._chosen:
            return self.named
        return next(
            (file for place in self._list_places(source) if (file := self._open(place / NAME))),
            None,
        )

    def _list_places(self, source: Path) -> Iterator[Path]:
        yield source.parent
        tops = [folder for folder in self._folders if source.is_relative_to(folder)]
        for place in source.parent.parents:
            if any(place.is_relative_to(top) for top in tops):
                yield place

    def _open_named(self) -> SettingsFile | None:
        if not self._chosen or self._chosen == NO_FILE:
            return None
        return Reader(self._context, self._options, Path(self._chosen), named=True).read_file()

    def _open(self, path: Path) -> SettingsFile | None:
        """A file, if there is one: read once."""
        if path not in self._found:
            reader = Reader(self._context, self._options, path, named=False)
            self._found[path] = reader.read_file() if path.is_file() else None
        return self._found[path]
