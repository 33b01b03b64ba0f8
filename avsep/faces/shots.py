"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from avsep.arrays import Image
from avsep.faces.transitions import TransitionFinder
from avsep.media.picture import Picture, Plane
from avsep.timeline import FRAME_RATE

# A copy this wide is enough to see a cut, and costs next to nothing.
_COPY_WIDTH = 160
# A shot shorter than this is taken for a flash of light. Chosen by hand: over five debates of
# `tools/cuts.py` (a cut every 2 s, and jumps between the clips they are made of) 3 finds the same
# cuts, 12 overlooks some.
_SHORTEST_SHOT = 8
# The detector weighs every frame against this many on each side: its own default. 1 and 4 find
# the same cuts there.
_WINDOW = 2


def mark_cuts(pictures: Iterable[Picture]) -> Iterator[tuple[Picture, int]]:
    """Tell for every frame whether a new shot begins with it.

    The pictures come out as they went in, a few frames later. A shot that another becomes by
    and by, as in a dissolve, begins where that is over.

    Args:
        pictures: One for each frame, in order.

    Yields:
        The picture, and for the first one of each shot, the very first included, 1 or how many
        frames before it the shots may be mixed; else 0.
    """
    detector = AdaptiveDetector(min_scene_len=_SHORTEST_SHOT, window_width=_WINDOW)
    transitions = TransitionFinder()
    waiting: deque[Picture] = deque()
    cuts = {0: 1}
    first = 0
    for number, picture in enumerate(pictures):
        waiting.append(picture)
        small = _shrink(picture)
        found = detector.process_frame(FrameTimecode(number, fps=float(FRAME_RATE)), small)
        cuts.update((int(place.frame_num), 1) for place in found)
        if found:
            transitions.forget()
        elif mixed := transitions.take(small):
            cuts[number] = mixed
        if len(waiting) > _WINDOW:
            yield waiting.popleft(), cuts.pop(first, 0)
            first += 1
    for number, picture in enumerate(waiting, start=first):
        yield picture, cuts.get(number, 0)


def _shrink(picture: Picture) -> Image:
    """Copy a frame at a small size, in the channel order the detector asks for."""
    height, width = picture.shape
    rows = max(1, round(height * _COPY_WIDTH / width))
    small = picture.mix([_sample(plane, rows) for plane in picture.planes])
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), np.uint8)


def _sample(plane: Plane, rows: int) -> Plane:
    """Means of all pixels would cost ten times as much; of four for each they are as good."""
    finer = 2 * _COPY_WIDTH, 2 * rows
    sampled = cv2.resize(plane, finer, interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(sampled, (_COPY_WIDTH, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
