"""The recordings of one folder, and where results go: no path leads out of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from avsep.batch.jobs import list_files
from avsep.errors import MediaError, OutputError
from avsep.media.probing import VIDEO_SUFFIXES
from avsep.text import tell_size

KEPT_FREE = 1 << 30  # bytes of the disk that uploads leave free
LONGEST_NAME = 200  # bytes
PARTIAL = ".part"


@dataclass(frozen=True, slots=True)
class Recording:
    """A video of the folder.

    Attributes:
        name: Its path below the folder, with slashes.
        bytes: Its size.
        modified: When it was changed last, seconds of the epoch.
    """

    name: str
    bytes: int
    modified: float


@dataclass(frozen=True, slots=True)
class Library:
    """A folder with recordings, and one for their results.

    Attributes:
        folder: Where recordings lie, at any depth, and are uploaded to.
        output: Where results go.
    """

    folder: Path
    output: Path

    def recordings(self) -> Iterator[Recording]:
        """All files that are called like videos, by name; earlier results are passed by."""
        for path in list_files(self.folder):
            if path.suffix.lower() in VIDEO_SUFFIXES:
                state = path.stat()
                yield Recording(
                    path.relative_to(self.folder).as_posix(), state.st_size, state.st_mtime
                )

    def find(self, name: str) -> Path:
        """The file of a recording.

        Raises:
            MediaError: There is none of this name in the folder.
        """
        path = find_below(self.folder, name)
        if path is None:
            raise MediaError(
                f"there is no recording {name!r}", hint="It may have been moved: look again."
            )
        return path

    async def receive(self, name: str, pieces: AsyncIterable[bytes], size: int | None) -> str:
        """Keep a recording that is sent piece by piece, whole or not at all.

        Args:
            name: As its owner calls it; nothing of that name is replaced.
            pieces: What it holds.
            size: Bytes that are announced, if known.

        Returns:
            What it is called here.

        Raises:
            MediaError: It is not called like a video.
            OutputError: There is no room, or less comes than was announced.
        """
        target = self.choose_place(name)
        self._check_room(name, size or 0)
        partial = target.with_name(f".{target.name}{PARTIAL}")
        done = 0
        try:
            with partial.open("xb") as file:
                async for piece in pieces:
                    done += len(piece)
                    self._check_room(name, len(piece))
                    file.write(piece)
            if size is not None and done != size:
                raise OutputError(f"{name} came only in part", hint="Send it once more.")
            partial.rename(self.choose_place(name))
        except OSError as error:
            raise OutputError(f"{name} cannot be kept: {error.strerror or error}") from error
        finally:
            partial.unlink(missing_ok=True)
        return target.name

    def choose_place(self, name: str) -> Path:
        """A free place for an upload, whose name can do no harm.

        Raises:
            MediaError: It is not called like a video.
        """
        plain = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip().lstrip(".")
        stem, suffix = Path(plain).stem, Path(plain).suffix
        if not stem or suffix.lower() not in VIDEO_SUFFIXES:
            raise MediaError(
                f"{name!r} is not called like a video", hint="Videos end in .mp4, .mov, .mkv, …"
            )
        stem = stem.encode()[: LONGEST_NAME - len(suffix.encode())].decode(errors="ignore")
        number = 1
        place = self.folder / f"{stem}{suffix}"
        while place.exists():
            number += 1
            place = self.folder / f"{stem} ({number}){suffix}"
        return place

    def _check_room(self, name: str, more: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free - more < KEPT_FREE:
            raise OutputError(
                f"there is no room for {name}: {tell_size(free)} are free, of which"
                f" {tell_size(KEPT_FREE)} stay so",
                hint="Make room on the disk.",
            )


def find_below(folder: Path, name: str) -> Path | None:
    """A file below a folder, links followed; None if there is none or it would lie elsewhere."""
    try:
        path = (folder / name).resolve()
        is_there = path.is_file()
    except (OSError, ValueError):  # of names no system knows: too long, or with a zero byte
        return None
    return path if is_there and path.is_relative_to(folder.resolve()) else None


def check_folder(folder: Path) -> Path:
    """The folder, made sure of.

    Raises:
        OutputError: It is none, or nothing can be written there.
    """
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder}", hint="Name the one with your videos.")
    return folder.resolve()
