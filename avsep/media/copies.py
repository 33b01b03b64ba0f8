"""Small copies of sounds, for players: Opus, mono, in whole or in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import soundfile

from avsep.arrays import Floats
from avsep.errors import OutputError
from avsep.media.ffmpeg import SAFELY, address, ffmpeg_command, run_tool
from avsep.media.writing import CODED_EXACTLY
from avsep.timeline import Seconds

PAGE_CODEC = "libopus"
COPY_BITS = 40_000  # bit/s
COPY_RATE = 48_000  # Hz


@dataclass(frozen=True, slots=True, eq=False)
class SoundCopy:
    """What is copied, and where to.

    Attributes:
        source: The sound.
        target: The file to write.
        weights: Of the source's channels; None for all the same.
        span: From and up to, seconds; None for the whole.
    """

    source: Path
    target: Path
    weights: Floats | None = None
    span: Seconds | None = None


def copy_sounds(copies: Sequence[SoundCopy]) -> None:
    """Write copies of sounds, all by one run of ffmpeg.

    Raises:
        OutputError: One cannot be written.
    """
    outcome = run_tool(ffmpeg_command(*map(_describe, copies)))
    if outcome.code:
        names = ", ".join(copy.target.name for copy in copies)
        raise OutputError(f"{names} cannot be written: {outcome.words}")


def _describe(copy: SoundCopy) -> Any:  # noqa: ANN401 - the builder has no types
    """One copy as an output of ffmpeg; seeking in sound files is exact to the sample."""
    cut = {"ss": copy.span[0], "t": copy.span[1] - copy.span[0]} if copy.span else {}
    sound = ffmpeg.input(address(copy.source), **cut, **SAFELY).audio
    weights, channels = copy.weights, soundfile.info(copy.source).channels
    if weights is None and channels > 1:
        # Left to itself ffmpeg leaves out some channels, and makes two 3 dB louder.
        weights = np.full(channels, 1 / channels, np.float32)
    if weights is not None:
        parts = "+".join(f"{weight:.6f}*c{channel}" for channel, weight in enumerate(weights))
        sound = sound.filter("pan", args=f"mono|c0={parts}".replace("+-", "-"))
    settings = {"acodec": PAGE_CODEC, "audio_bitrate": COPY_BITS, "ac": 1, "ar": COPY_RATE}
    return sound.output(address(copy.target), **settings, **CODED_EXACTLY)
