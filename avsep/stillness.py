"""Faces that are no people: photographs and posters, whose lips never move."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avsep.activity import STILL, measure_motion

SHORTEST = 50  # pictures; somebody may keep still for less
ALWAYS = 95  # percent of the pictures in which nothing moves
READ_AT_ONCE = 500  # pictures


def is_photograph(mouths: Path, size: int) -> bool:
    """Whether a mouth stays as it is for as long as it is seen, two seconds at least.

    Args:
        mouths: Raw file, one byte per pixel, shape (pictures, size, size), grey.
        size: Side in pixels.
    """
    pictures = mouths.stat().st_size // size**2
    if pictures < SHORTEST:
        return False
    greys = np.memmap(mouths, np.uint8, "r", shape=(pictures, size, size))
    starts = range(0, pictures - 1, READ_AT_ONCE)
    motion = [measure_motion(greys[start : start + READ_AT_ONCE + 1]) for start in starts]
    return float(np.percentile(np.concatenate(motion), ALWAYS)) < STILL
