"""Waiting until a recording that is still arriving tells what it holds."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from avsep.errors import MediaError
from avsep.follow.feed import Pipe
from avsep.media.probing import MediaInfo, probe

PIPE = Path("-")  # standard input
STAY = 0.3  # seconds between two looks
MOST = 2**25  # bytes by which a recording must have told what it holds
HEAD = 2**16  # bytes by which it is known again
KINDS = "Record MPEG-TS, fragmented MP4 or Matroska"


def open_file(path: Path, rest: float) -> MediaInfo:
    """Look at a file that is being written, as soon as it tells what it holds.

    Args:
        path: The file, which need not be there yet.
        rest: Seconds after which nothing more is expected.

    Raises:
        MediaError: It is no recording that can be followed, or nothing has come.
    """
    since, size = time.monotonic(), -1
    while True:
        now = path.stat().st_size if path.is_file() else 0
        if now != size:
            since, size = time.monotonic(), now
        with suppress(OSError):  # `probe` says what is wrong
            check_index(path)
        try:
            return check_streams(probe(path, closely=False))
        except MediaError:
            if size > MOST or time.monotonic() - since >= rest:
                raise
        time.sleep(STAY)


def open_pipe(pipe: Pipe, folder: Path) -> MediaInfo:
    """The same of a pipe, whose first bytes are looked at in a file.

    Args:
        pipe: Where it arrives.
        folder: For that file.
    """
    head = folder / "head"
    size = 0
    while True:
        over = pipe.over
        data = pipe.peek()
        if len(data) > size or over:
            size = len(data)
            head.write_bytes(data)
            if not data:
                raise MediaError(
                    "nothing came through the pipe",
                    hint="As in: ffmpeg ... -f mpegts - | avsep follow - -o out",
                )
            try:
                check_index(head, PIPE)
                info = check_streams(probe(head, closely=False))
                return replace(info, path=PIPE)
            except MediaError as error:
                if over or size > MOST:
                    said = error.message.replace(str(head), "what came through the pipe")
                    raise MediaError(said, hint=f"{KINDS} into it.") from error
            finally:
                head.unlink(missing_ok=True)
        time.sleep(STAY)


def check_streams(info: MediaInfo) -> MediaInfo:
    """Refuse what has no sound or no pictures."""
    if not info.has_video:
        raise MediaError(f"{info.path} has no pictures", hint="Choose a video.")
    if not info.heard or not info.sample_rate:
        raise MediaError(f"{info.path} has no audio stream", hint="Choose a file with sound.")
    return info


def check_index(path: Path, name: Path | None = None) -> None:
    """Refuse an MP4 file whose index comes after its content: there is none while it grows."""
    with path.open("rb") as file:
        place = 0
        while len(head := file.read(8)) == 8:  # noqa: PLR2004 - size and kind
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if (place == 0 and kind != b"ftyp") or kind == b"moov":
                return
            if kind == b"mdat":
                raise MediaError(
                    f"{name or path} is an MP4 file whose index is written last, so that nobody"
                    " can read it before it is finished",
                    hint=f"{KINDS}, or wait, and take `avsep split`.",
                )
            if size < 8:  # noqa: PLR2004 - a length in 64 bit, or to the end: no small box
                return
            place += size
            file.seek(place)


def know(path: Path, size: int = HEAD) -> str:
    """By what a recording is known again: how long its beginning was, and its checksum."""
    with path.open("rb") as file:
        head = file.read(size)
    return f"{len(head)}:{hashlib.sha256(head).hexdigest()}"


def is_known(path: Path, known: str) -> bool:
    """Whether a file begins as one did that was known."""
    size = known.partition(":")[0]
    return size.isdecimal() and know(path, int(size)) == known
