"""Decoders in hardware, which spare the processor: taken where they give the right frames."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from avsep.errors import MediaError
from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.picture import Picture

_log = logging.getLogger(__name__)

HWACCEL_VARIABLE = "AVSEP_HWACCEL"
TRIED = 50  # frames that are decoded both ways before hardware is trusted
_SIDE = 32  # pixels of the copies in which frames are compared
_ROUNDING = 2  # levels by which means may differ: decoders of old formats round as they like

# By the name of some hardware its frames; with an empty one those of ffmpeg itself.
Read: TypeAlias = Callable[[str], Generator[Picture, None, None]]


class UnfinishedError(Exception):
    """A decoder that failed, complained, or gave no frame.

    Attributes:
        words: Its complaints.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def list_hwaccels() -> list[str]:
    """What ffmpeg was built with, which says nothing of what the machine has."""
    listed = run_tool([str(find_tool("ffmpeg")), "-hide_banner", "-hwaccels"]).output
    return sorted(set(re.findall(r"^\w+$", listed.decode(errors="replace"), re.MULTILINE)))


def read_choice() -> str:
    """What AVSEP_HWACCEL names, as ``cuda`` or ``vaapi:/dev/dri/renderD129``; or nothing.

    Raises:
        MediaError: ffmpeg doesn't know it.
    """
    choice = os.environ.get(HWACCEL_VARIABLE, "")
    known = list_hwaccels() if choice else []
    if choice and choice.partition(":")[0] not in known:
        raise MediaError(
            f"ffmpeg knows no hardware called {choice}",
            hint=f"It knows {', '.join(known) or 'none'}: correct or unset {HWACCEL_VARIABLE}.",
        )
    return choice


def as_input(hwaccel: str) -> dict[str, str]:
    """What ffmpeg is told before an input that hardware shall decode."""
    kind, _, device = hwaccel.partition(":")
    told = {"hwaccel": kind, "hwaccel_device": device}
    return {option: word for option, word in told.items() if word}


def choose_hwaccel(path: Path, read: Read) -> str:
    """The hardware that is asked for, if it decodes a recording as ffmpeg itself does.

    Args:
        path: Of the recording, for the warning where it doesn't.
        read: Gives its first frames; raises `UnfinishedError` if something is wrong.

    Returns:
        Empty for none.
    """
    hwaccel = read_choice()
    if hwaccel and (fault := _compare(read, hwaccel)):
        _log.warning("%s: %s is not used: %s", path, hwaccel, fault)
        return ""
    return hwaccel


def _compare(read: Read, hwaccel: str) -> str:
    """What is wrong with the frames of some hardware."""
    try:
        with (
            closing(_read_copies(read(hwaccel))) as given,
            closing(_read_copies(read(""))) as right,
        ):
            for one, other in zip_longest(given, right):
                if one is None or other is None:
                    return "it gives more or fewer frames"
                if np.abs(one - other).max() > _ROUNDING:
                    return "it gives other frames"
    except UnfinishedError as failure:
        return failure.words or "it gives no frames"
    return ""


def _read_copies(
    pictures: Generator[Picture, None, None],
) -> Generator[NDArray[np.float32], None, None]:
    """Small copies of frames, (3, side, side)."""
    for picture in pictures:
        small = [
            cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
            for plane in picture.planes
        ]
        yield np.stack(small).astype(np.float32)
