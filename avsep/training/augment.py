"""Stored mouth frames as the network is shown them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avsep.faces.crops import seen_side
from avsep.model.spectrum import SAMPLES_PER_FRAME

Mouths = NDArray[np.uint8]
MIRRORED = 0.5  # chance
COVERED = 0.15  # chance that a patch of a mouth is hidden
BLURRED = 0.2  # chance that it is seen from far away
# In pixels of a frame of the usual side: the least detail that is left, and from what up to
# what the hidden patch's top, left, height and width are drawn.
SIDE, LEAST_DETAIL = 64, 20
PATCH = (0, 0, 10, 10), (48, 48, 32, 32)


def jitter(mouths: Mouths, rng: np.random.Generator) -> Mouths:
    """As another camera may have seen them: moved, turned, scaled, mirrored, other light, blurred.

    One and the same for all frames; now and then a patch is hidden.

    Shape: (frames, stored side, stored side) -> (frames, used side, used side)
    """
    stored = mouths.shape[-1]
    side, middle = seen_side(stored), stored / 2
    angle, scale = rng.normal(0, 4), np.exp(rng.normal(0, 0.06))
    turn = np.asarray(cv2.getRotationMatrix2D((middle, middle), angle, scale), np.float64)
    turn[:, 2] += side / 2 - middle + rng.normal(0, (stored - side) / 5, 2)
    if rng.random() < MIRRORED:
        turn[0] = np.array([0, 0, side - 1]) - turn[0]
    least = side * LEAST_DETAIL // SIDE
    detail = int(rng.integers(least, side)) if rng.random() < BLURRED else side
    x = np.stack([_look(frame, turn, side, detail) for frame in mouths])
    contrast = np.float32(rng.uniform(0.75, 1.25))
    x = ((x - np.float32(128)) * contrast + 128 + rng.uniform(-20, 20)).clip(0, 255)
    if rng.random() < COVERED:
        top, left, height, width = rng.integers(*PATCH) * side // SIDE
        x[:, top : top + height, left : left + width] = 128
    return x.astype(np.uint8)


def _look(frame: Mouths, turn: NDArray[np.float64], side: int, detail: int) -> Mouths:
    """One frame, turned, so large, with the detail that so many pixels a side can hold."""
    seen = cv2.warpAffine(frame, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    if detail < side:
        small = cv2.resize(seen, (detail, detail), interpolation=cv2.INTER_AREA)
        seen = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(seen, np.uint8)


def hold_still(mouths: Mouths, said: NDArray[np.float32]) -> Mouths:
    """The frame of the softest moment all along, as of somebody who listens.

    Shape: (frames, side, side), (time,) -> (frames, side, side)
    """
    power = np.square(said.reshape(-1, SAMPLES_PER_FRAME)).mean(1)
    return np.broadcast_to(mouths[np.argmin(power)], mouths.shape).copy()


def centre(mouths: Mouths) -> Mouths:
    """The middle of stored mouth frames, as the network sees them in use.

    Shape: (..., stored side, stored side) -> (..., used side, used side)
    """
    side = seen_side(mouths.shape[-1])
    edge = (mouths.shape[-1] - side) // 2
    return mouths[..., edge : edge + side, edge : edge + side]
