"""How much mouths move, and faces that are no people: photographs and posters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats

# Mean change of the mouth's greys from one frame to the next. What it stays below in 95 % of the
# frames was 0.36 for a photograph coded with H.264, and for 35 tracks of people in `examples/` and
# in two debates of `tools/cuts.py` 0.73 at least, 4.8 in the median.
STILL = 0.5


def measure_motion(mouths: NDArray[np.uint8]) -> Floats:
    """How much the middle of each frame of a mouth differs from the one before.

    Shape: (frames + 1, side, side) -> (frames,), mean difference of greys
    """
    edge = mouths.shape[-1] // 5
    middle = mouths[:, edge:-edge, edge:-edge].astype(np.int16)
    motion: Floats = np.abs(np.diff(middle, axis=0)).mean((1, 2), dtype=np.float32)
    return motion


SHORTEST = 50  # frames; somebody may keep still for less
ALWAYS = 95  # percent of the frames in which nothing moves
READ_AT_ONCE = 500  # frames


def is_photograph(mouths: Path, size: int) -> bool:
    """Whether a mouth stays as it is for as long as it is seen, two seconds at least.

    Args:
        mouths: Raw file, one byte per pixel, shape (frames, size, size), grey.
        size: Side in pixels.
    """
    frames = mouths.stat().st_size // size**2
    if frames < SHORTEST:
        return False
    greys = np.memmap(mouths, np.uint8, "r", shape=(frames, size, size))
    starts = range(0, frames - 1, READ_AT_ONCE)
    motion = [measure_motion(greys[start : start + READ_AT_ONCE + 1]) for start in starts]
    return float(np.percentile(np.concatenate(motion), ALWAYS)) < STILL
