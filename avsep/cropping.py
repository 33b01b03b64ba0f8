"""Mouths in the making: cut out upright and steady, picture by picture, into files."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from avsep.alignment import (
    MOUTH_MIDDLE,
    REFERENCE,
    Square,
    cut_out,
    fit_similarity,
    measure_reach,
    smooth,
)
from avsep.faces import Floats
from avsep.media import Image
from avsep.portraits import Album
from avsep.tracking import Trail

# Side of the mouth crop in units of the reference face, and of its usual size in pixels.
MOUTH_SIZE = 80
# Side of the middle that the network sees; the rest is room for jitter in training.
SEEN_SIZE = 64


@dataclass(slots=True, eq=False)
class Draft:
    """A clip in the making.

    Attributes:
        trail: Who is followed.
        path: File of the mouths.
        written: How many of them are written.
        album: Looks at the face; empty once the best is in its file.
        fault: Why nobody's lips can be read from it, known at the end; empty if they can.
        face: What the face looks like, a unit vector, known at the end if it is asked for.
    """

    trail: Trail
    path: Path
    written: int = 0
    album: Album = field(default_factory=Album)
    fault: str = ""
    face: Floats | None = None

    @property
    def due(self) -> int:
        """The first picture whose mouth is not yet written."""
        return self.trail.start + self.written

    def write(self, greys: RecentPictures, stop: int, size: int, smoothing: float) -> None:
        """Append the mouths of the pictures up to `stop`."""
        if stop <= self.due:
            return
        square = Square(MOUTH_MIDDLE, MOUTH_SIZE, size)
        with self.path.open("ab") as file:
            for picture, matrix in enumerate(self._align(stop, smoothing), start=self.due):
                file.write(cut_out(greys[picture], matrix, square).tobytes())
        self.written = stop - self.trail.start

    def _align(self, stop: int, smoothing: float) -> Floats:
        """Steady matrices of the pictures due up to `stop`, shape (pictures, 2, 3)."""
        start, reach = self.trail.start, measure_reach(smoothing)
        low = max(start, self.due - reach)
        rows = np.stack(self.trail.rows[low - start : stop + reach - start])
        steady = smooth(rows[:, 4:].reshape(-1, 5, 2), smoothing)
        return fit_similarity(steady[self.due - low : stop - low], REFERENCE)


class RecentPictures:
    """The last pictures, grey, found by their number."""

    def __init__(self) -> None:
        self._images: deque[Image] = deque()
        self._first = 0

    def __getitem__(self, picture: int) -> Image:
        return self._images[picture - self._first]

    def add(self, image: Image) -> None:
        """Keep the next picture."""
        self._images.append(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8))

    def drop_before(self, picture: int) -> None:
        """Let go of the pictures before that one."""
        while self._images and self._first < picture:
            self._images.popleft()
            self._first += 1
