"""Small copies of a recording's picture and sounds, for players in a page."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path

import ffmpeg
import numpy as np
import soundfile

from avsep.activity import Floats
from avsep.errors import OutputError
from avsep.media import read_frames
from avsep.outputs.sound import PLAYED_ALIKE
from avsep.probing import SAFELY, MediaInfo, address
from avsep.tools import ffmpeg_command, run_tool
from avsep.writing import PAGE_CODEC, write_video

PICTURE_HEIGHT = 240  # px
PICTURE_QUALITY = 32  # constant rate factor of H.264: small rather than good
SOUND_RATE = 40_000  # bit/s


def copy_picture(info: MediaInfo, target: Path) -> Path:
    """Write a recording's pictures small, without sound, beginning at time 0."""
    with closing(read_frames(info, max_height=PICTURE_HEIGHT)) as images:
        # The encoder wants even sizes, and would fill them up with black.
        even = (image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2] for image in images)
        write_video(target, even, quality=PICTURE_QUALITY, colours=info.colours)
    return target


def copy_sound(source: Path, target: Path, weights: Floats | None = None) -> Path:
    """Write a sound as Opus, mono.

    Args:
        source: The sound.
        target: The file to write.
        weights: Of its channels; by default all the same.

    Raises:
        OutputError: It cannot be written.
    """
    sound = ffmpeg.input(address(source), **SAFELY).audio
    channels = soundfile.info(source).channels
    if weights is None and channels > PLAYED_ALIKE:
        weights = np.full(channels, 1 / channels, np.float32)
    if weights is not None:
        parts = "+".join(f"{weight:.6f}*c{channel}" for channel, weight in enumerate(weights))
        sound = sound.filter("pan", args=f"mono|c0={parts}".replace("+-", "-"))
    settings = {"acodec": PAGE_CODEC, "audio_bitrate": SOUND_RATE, "ac": 1, "ar": 48_000}
    exact = {"fflags": "+bitexact", "flags": "+bitexact"}
    outcome = run_tool(ffmpeg_command(sound.output(address(target), **settings, **exact)))
    if outcome.code:
        raise OutputError(f"{target.name} cannot be written: {outcome.words}")
    return target


def embed(content: bytes, kind: str) -> str:
    """An address that holds what it leads to.

    Args:
        content: Of the file.
        kind: Its media type.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
