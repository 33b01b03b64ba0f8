"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from avsep.media import FRAME_RATE, Image

# A copy this wide is enough to see a cut, and costs next to nothing.
_COPY_WIDTH = 160
# A shot shorter than this is taken for a flash of light.
_SHORTEST_SHOT = 8
# The detector weighs every picture against this many on each side.
_WINDOW = 2


def mark_cuts(images: Iterable[Image]) -> Iterator[tuple[Image, bool]]:
    """Tell for every picture whether a new shot begins with it.

    The pictures come out as they went in, a few pictures later.

    Args:
        images: Pictures in order, each of shape (height, width, 3), RGB.

    Yields:
        The picture, and True for the first one of each shot, the very first included.
    """
    detector = AdaptiveDetector(min_scene_len=_SHORTEST_SHOT, window_width=_WINDOW)
    waiting: deque[Image] = deque()
    cuts = {0}
    first = 0
    for number, image in enumerate(images):
        waiting.append(image)
        found = detector.process_frame(
            FrameTimecode(number, fps=float(FRAME_RATE)), _shrink(image)
        )
        cuts.update(int(place.frame_num) for place in found)
        if len(waiting) > _WINDOW:
            yield waiting.popleft(), first in cuts
            cuts.discard(first)
            first += 1
    for number, image in enumerate(waiting, start=first):
        yield image, number in cuts


def _shrink(image: Image) -> Image:
    """Copy a picture at a small size, in the channel order the detector asks for."""
    height, width = image.shape[:2]
    rows = max(1, round(height * _COPY_WIDTH / width))
    # Means of all pixels would cost ten times as much; of four for each they are as good.
    sampled = cv2.resize(image, (2 * _COPY_WIDTH, 2 * rows), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(sampled, (_COPY_WIDTH, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), np.uint8)
