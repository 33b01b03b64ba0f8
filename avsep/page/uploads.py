"""Recordings that a browser sends: kept whole or not at all, under names that do no harm."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import AsyncIterable
from contextlib import suppress
from pathlib import Path

from avsep.errors import MediaError, OutputError
from avsep.media.probing import VIDEO_SUFFIXES
from avsep.text import tell_size

KEPT_FREE = 1 << 30  # bytes of the disk that uploads leave free
LONGEST_NAME = 200  # bytes
PREFIX, PARTIAL = ".avsep-upload-", ".part"


async def receive(
    folder: Path, name: str, pieces: AsyncIterable[bytes], size: int | None = None
) -> str:
    """Keep a recording that is sent piece by piece, whole or not at all.

    Args:
        folder: Where to.
        name: As its owner calls it; nothing of that name is replaced.
        pieces: What it holds.
        size: Bytes that are announced, if known.

    Returns:
        What it is called here.

    Raises:
        MediaError: It is not called like a video.
        OutputError: There is no room, or less comes than was announced.
    """
    # Of its own: two may send files of one name at the same time.
    partial = folder / f"{PREFIX}{secrets.token_hex(8)}{PARTIAL}"
    done = 0
    try:
        check_upload(folder, name, size or 0)
        with partial.open("xb") as file:
            async for piece in pieces:
                done += len(piece)
                check_room(folder, name, len(piece))
                file.write(piece)
        if size is not None and done != size:
            raise OutputError(f"{name} came only in part", hint="Send it once more.")
        return put_in_place(partial, folder, name).name
    except OSError as error:
        raise OutputError(
            f"{name} cannot be kept: {error.strerror or error}",
            hint="Is there room on the disk, and may you write there?",
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def check_upload(folder: Path, name: str, size: int) -> None:
    """Refuse before anything is sent what would be refused afterwards.

    Raises:
        MediaError: It is not called like a video.
        OutputError: There is no room.
    """
    choose_place(folder, name)
    check_room(folder, name, size)


def put_in_place(partial: Path, folder: Path, name: str) -> Path:
    """Give a whole file its name, or the next that is free; nothing is replaced."""
    while True:
        place = choose_place(folder, name)
        try:
            place.touch(exist_ok=False)  # whoever comes second finds it taken
        except FileExistsError:
            continue
        try:
            return partial.replace(place)
        except OSError:
            place.unlink(missing_ok=True)  # empty still
            raise


def choose_place(folder: Path, name: str) -> Path:
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
    place = folder / f"{stem}{suffix}"
    while place.exists() or place.is_symlink():
        number += 1
        place = folder / f"{stem} ({number}){suffix}"
    return place


def check_room(folder: Path, name: str, more: int) -> None:
    """Refuse what would fill the disk.

    Raises:
        OutputError: So many bytes more leave too little.
    """
    free = shutil.disk_usage(folder).free
    if free - more < KEPT_FREE:
        raise OutputError(
            f"there is no room for {name}: {tell_size(free)} are free, of which"
            f" {tell_size(KEPT_FREE)} stay so",
            hint="Make room on the disk.",
        )


def clear_away(folder: Path, before: float) -> None:
    """Remove what uploads have left, at any depth, that were broken off with a server.

    Args:
        folder: Where to look.
        before: Seconds of the epoch; what was written to later may still come.
    """
    with suppress(OSError):
        for path in folder.rglob(f"{PREFIX}*{PARTIAL}"):
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()
