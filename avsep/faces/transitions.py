"""Where one shot becomes the next by and by: dissolves, wipes, fades."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats, Image

# Copies of this width and height are compared.
SIZE = (40, 22)
# Lengths of the stretches that are looked at: a still beginning, the transition, a still end.
STRETCHES = (16, 28, 40, 62)
REST = 3  # frames that must be still at either end; chosen by hand, as all that names no measure
# A pixel that changes by less has not changed, in levels of 255, and how many must have: 0.7 or
# more do in dissolves and wipes between scenes, up to 0.45 when a head moves that fills the
# frame.
CHANGE, CHANGED = 25.0, 0.55
# How much of the whole change may go on at either end, and lie off the way from the one frame
# to the other in between: 0.02 to 0.08 in dissolves and wipes, 0.1 or more where things move.
STILL, ASTRAY = 0.2, 0.09
# How much of all change must go the same way, from the one frame to the other.
ONWARD = 0.9
# Shares of the new frame between which a frame counts as mixed, and how many must be.
MIXED, LEAST_MIXED = (0.15, 0.85), 3
# What has the same edges afterwards was lit otherwise and is the same shot.
SAME_EDGES = 0.5
# A frame with less contrast is plain: out of it a shot fades in, which has begun already.
PLAIN = 6.0


@dataclass(slots=True, eq=False)
class TransitionFinder:
    """Finds transitions at their end, from small copies of the last frames.

    Attributes:
        recent: The copies, each of shape (pixels, 3).
    """

    recent: deque[Floats] = field(default_factory=lambda: deque(maxlen=max(STRETCHES)))

    def take(self, image: Image) -> int:
        """Take in the next frame.

        Returns:
            How many frames the transition may have lasted that ends with it; 0 if none does.
        """
        small = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
        self.recent.append(np.asarray(small.reshape(-1, 3), np.float32))
        for stretch in STRETCHES:
            if stretch <= len(self.recent) and self._ends(stretch):
                self.forget()
                return stretch
        return 0

    def forget(self) -> None:
        """Begin anew: a cut was seen."""
        self.recent.clear()

    def _ends(self, stretch: int) -> bool:
        old, new = self.recent[-stretch], self.recent[-1]
        changed = np.abs(new - old).max(axis=1) > CHANGE
        if changed.mean() < CHANGED or float(old.std(axis=0).max()) < PLAIN:
            return False
        frames = np.stack([self.recent[i] for i in range(-stretch, 0)])
        return is_transition(frames[:, changed]) and not has_same_edges(old, new, changed)


def is_transition(frames: Floats) -> bool:
    """Whether all pixels go straight from the first frame to the last, and rest at both ends.

    In a dissolve each is a mixture of the two, in a wipe either the one or the other; where
    things or cameras move, pixels take colours that are neither.

    Args:
        frames: Of pixels that differ in the end, shape (frames, pixels, 3).
    """
    way = frames[-1] - frames[0]
    length = float(np.linalg.norm(way))
    ends = (frames[REST] - frames[0], frames[-1] - frames[-1 - REST])
    if max(float(np.linalg.norm(end)) for end in ends) > STILL * length:
        return False
    come = frames - frames[0]
    share = np.clip((come * way).sum(-1) / np.maximum((way**2).sum(-1), 1e-6), 0, 1)
    mean = share.mean(axis=1)
    mixed = (mean > MIXED[0]) & (mean < MIXED[1])
    if mixed.sum() < LEAST_MIXED:
        return False
    astray = np.linalg.norm(come - share[..., None] * way, axis=(1, 2)) / length
    steps = np.diff(share[::-REST][::-1], axis=0)  # longer ones than noise makes
    onward = float(steps.sum() / max(float(np.abs(steps).sum()), 1e-6))
    return float(astray[mixed].mean()) < ASTRAY and onward > ONWARD


def has_same_edges(old: Floats, new: Floats, changed: NDArray[np.bool_]) -> bool:
    """Whether two frames differ in their light alone, where they differ."""
    one, other = (_find_edges(frame)[changed].ravel() for frame in (old, new))
    together = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) > SAME_EDGES * max(together, 1e-6)


def _find_edges(frame: Floats) -> Floats:
    grey = frame.mean(axis=1).reshape(SIZE[::-1])
    return np.stack([cv2.Sobel(grey, cv2.CV_32F, *way) for way in ((1, 0), (0, 1))], -1).reshape(
        -1, 2
    )
