"""How a recording's picture gets into another file: copied, unless that would show another one."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from avsep.files import tell_state
from avsep.media.ffmpeg import ffprobe_command, running
from avsep.media.probing import MediaInfo, probe

_log = logging.getLogger(__name__)

EDITABLE = "mov"  # containers whose edit lists hide frames, as ffprobe calls the whole family
HIDING = {".mp4", ".m4v", ".mov"}  # suffixes of files that can hide what lies before time 0
COPIED: dict[str, Any] = {"vcodec": "copy"}
# Nearly as it was: a picture of 1080 lines takes about 15 Mbit/s.
ENCODED: dict[str, Any] = {"vcodec": "libx264", "crf": 16, "preset": "fast", "threads": 2}


def choose_picture_codec(source: MediaInfo, target: Path) -> dict[str, Any]:
    """Settings for ffmpeg; what an edit list hides must not come back in a file without one."""
    if source.selection.stretch:
        return ENCODED  # a part seldom begins with a frame that is whole by itself
    if not must_encode(source, target.suffix):
        return COPIED
    _log.warning(
        "%s: the picture of %s is coded anew, since a copy would show what an edit list hides",
        source.path,
        target.name,
    )
    return ENCODED


def must_encode(source: MediaInfo, suffix: str) -> bool:
    """Whether a copy of the picture into such a file would show what isn't to be seen."""
    if source.selection.stretch:
        return True
    hidden = find_hidden(source)
    return hidden == "more" or (hidden == "start" and suffix.lower() not in HIDING)


def find_hidden(source: MediaInfo) -> str:
    """Whether frames are hidden by an edit list: "nothing", the "start" alone, or "more"."""
    if EDITABLE not in source.container.format or source.video is None:
        return "nothing"
    return _find_hidden(source.path, tell_state(source.path), source.video.index)


def has_hidden_sound(source: MediaInfo, index: int) -> bool:
    """Whether sound after time 0 is hidden by an edit list."""
    if EDITABLE not in source.container.format:
        return False
    return _find_hidden(source.path, tell_state(source.path), index) == "more"


@lru_cache(64)
def _find_hidden(path: Path, _state: tuple[int, int], index: int) -> str:
    asked = ["-select_streams", str(index), "-show_entries", "packet=pts,flags"]
    command = ffprobe_command(path, *asked, "-of", "csv=p=0")
    found = "nothing"
    with running(command) as (process, _):
        assert process.stdout is not None
        for line in process.stdout:
            time, _, flags = line.decode().partition(",")
            if "D" in flags:
                found = "start"
                if not time.startswith("-"):
                    return "more"
    return found


def is_shown_alike(source: MediaInfo, written: Path) -> bool:
    """Whether a file's picture is turned as that of the recording; some muxers drop the turn."""
    if source.selection.stretch:
        return True  # what is coded anew is upright
    copy = probe(written).video
    return source.video is not None and copy is not None and copy.turned == source.video.turned
