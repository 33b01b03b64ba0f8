"""Mouths in the making: cut out upright and steady, frame by frame, into files."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats
from avsep.faces.alignment import (
    MOUTH_MIDDLE,
    REFERENCE,
    Square,
    cut_grey,
    fit_similarity,
    measure_reach,
    smooth,
)
from avsep.faces.changes import SURROUNDINGS, Looks, Part, find_change
from avsep.faces.faults import Fault
from avsep.faces.portraits import POSE, describe_portrait, take_look
from avsep.faces.tracks import Trail
from avsep.media.picture import Picture
from avsep.model.network import SeparationNetwork

# Side of the mouth crop in units of the reference face, and of its usual size in pixels.
MOUTH_SIZE = 80
# Side of the middle that the network sees; the rest is room for jitter in training.
SEEN_SIZE = 64


def stored_side(seen: int) -> int:
    """Side of the mouth frames to keep for a network that sees so many pixels a side."""
    return -(-seen * MOUTH_SIZE // SEEN_SIZE)


def seen_side(stored: int) -> int:
    """Side of the middle of stored frames that a network sees.

    >>> [seen_side(stored_side(side)) for side in (15, 64, 112)]
    [15, 64, 112]
    """
    return stored * SEEN_SIZE // MOUTH_SIZE


@dataclass(slots=True, eq=False)
class GrowingClip:
    """A clip in the making.

    Attributes:
        trail: Who is followed.
        path: File of the mouths.
        written: How many of them are written.
        looks: At the face; forgotten once the best is in its file.
        fault: Why nobody's lips can be read from it, known at the end; None if they can.
        face: What the face looks like, a unit vector, known at the end if it is asked for.
    """

    trail: Trail
    path: Path
    written: int = 0
    looks: Looks = field(default_factory=Looks)
    fault: Fault | None = None
    face: Floats | None = None
    _looked: int = -POSE

    @property
    def due(self) -> int:
        """The first frame whose mouth is not yet written."""
        return self.trail.start + self.written

    @property
    def is_sure(self) -> bool:
        """Whether the face has been looked at more than once."""
        return self._looked - self.trail.start > POSE

    def write(self, recent: RecentFrames, stop: int, size: int, smoothing: float) -> None:
        """Append the mouths of the frames up to `stop`."""
        if stop <= self.due:
            return
        square = Square(MOUTH_MIDDLE, MOUTH_SIZE, size)
        with self.path.open("ab") as file:
            for frame, matrix in enumerate(self._align(stop, smoothing), start=self.due):
                file.write(cut_grey(recent[frame], matrix, square).tobytes())
        self.written = stop - self.trail.start

    def look(self, picture: Picture) -> None:
        """Look at the face of the frame just seen, if the last look is half a second old."""
        if self.trail.stop - self._looked >= POSE:
            self._looked = self.trail.stop
            self.looks.take(take_look(picture, self.trail))

    def _align(self, stop: int, smoothing: float) -> Floats:
        """Steady matrices of the frames due up to `stop`, shape (frames, 2, 3)."""
        start, reach = self.trail.start, measure_reach(smoothing)
        low = max(start, self.due - reach)
        rows = np.stack(self.trail.rows[low - start : stop + reach - start])
        steady = smooth(rows[:, 4:].reshape(-1, 5, 2), smoothing)
        return fit_similarity(steady[self.due - low : stop - low], REFERENCE)


def split_clip(clip: GrowingClip, parts: Sequence[Part], size: int) -> list[GrowingClip]:
    """Part a finished clip where its face becomes somebody else's.

    Frames in which both are seen, as in a dissolve, belong to neither.

    Args:
        clip: All its mouths are written; it is cut down to the first part.
        parts: Of its looks, two or more, one for each person.
        size: Side of the mouth crop in pixels.

    Returns:
        What it loses, one clip for each later part. Their people have no numbers yet.
    """
    whole = clip.trail
    spans = _find_spans(clip, parts, size)
    later = []
    for number, (part, span) in enumerate(zip(parts[1:], spans[1:], strict=True), 1):
        path = clip.path.with_stem(f"{clip.path.stem}-{number}")
        _map_mouths(clip, size)[slice(*span)].tofile(path)
        trail = whole.cut(*span, describe_portrait(part.album.best))
        later.append(GrowingClip(trail, path, len(trail.rows), Looks(parts=[part])))
    first, (start, stop) = parts[0], spans[0]
    clip.trail = whole.cut(start, stop, describe_portrait(first.album.best))
    clip.looks, clip.written = Looks(parts=[first]), stop - start
    os.truncate(clip.path, (stop - start) * size * size)
    return later


def _find_spans(clip: GrowingClip, parts: Sequence[Part], size: int) -> list[tuple[int, int]]:
    """From which mouth of a clip up to which each part goes."""
    mouths, begin = _map_mouths(clip, size), clip.trail.start
    spans, start = [], 0
    for before, after in pairwise(parts):
        low = max(start, before.last - begin + 1 - SURROUNDINGS)
        high = min(len(mouths), after.first - begin + SURROUNDINGS)
        around = np.asarray(mouths[low:high])
        stop, following = find_change(around, before.last - begin - low, after.first - begin - low)
        spans.append((start, max(low + stop, start + 1)))
        start = low + following
    return [*spans, (start, len(mouths))]


def _map_mouths(clip: GrowingClip, size: int) -> NDArray[np.uint8]:
    """The mouths of a clip, (frames, size, size), read as they are needed."""
    return np.memmap(clip.path, np.uint8, "r").reshape(-1, size, size)


class RecentFrames:
    """The last frames, found by their number."""

    def __init__(self) -> None:
        self._pictures: deque[Picture] = deque()
        self._first = 0

    def __getitem__(self, frame: int) -> Picture:
        return self._pictures[frame - self._first]

    def add(self, picture: Picture) -> None:
        """Keep the next frame."""
        self._pictures.append(picture)

    def drop_before(self, frame: int) -> None:
        """Let go of the frames before that one."""
        while self._pictures and self._first < frame:
            self._pictures.popleft()
            self._first += 1


def mouth_size(network: SeparationNetwork) -> int:
    """Side of the mouth frames this network wants cut out, its room for jitter included."""
    return stored_side(network.config.lip_size)
