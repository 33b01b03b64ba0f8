"""Where somebody's face is in every frame: while it is followed, and when that is done."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from avsep.arrays import Floats, normalise
from avsep.faces.detectors import Face

# What the latest look counts at least among those before. Chosen by hand: over five debates of
# `tools/cuts.py` 0.01 and even 1 link the same faces.
_LATEST_LOOK = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person from the first frame in which they are seen to the last.

    Attributes:
        person: Number of the person from 1 on; 0 for somebody not yet named.
        start: First frame.
        boxes: left, top, right, bottom in pixels, shape (frames, 4).
        points: left eye, right eye, nose, left and right corner of the mouth, x, y in
            pixels, shape (frames, 5, 2).
        shot: Number of the shot, from 0 on.
    """

    person: int
    start: int
    boxes: Floats
    points: Floats
    shot: int

    @property
    def stop(self) -> int:
        """The frame after the last one."""
        return self.start + len(self.boxes)

    @property
    def span(self) -> tuple[int, int]:
        """First frame, and the one after the last."""
        return self.start, self.stop


@dataclass(slots=True, eq=False)
class Trail:
    """Somebody who is being followed.

    Attributes:
        person: Provisional number of the person, unique in the recording.
        shot: Number of the shot.
        start: First frame.
        rows: For every frame up to the last sight of the face: box and points in one
            row of 14 pixels; frames without a search are filled in.
        scores: The detector's score at every sight.
        look: What the face looks like, a unit vector.
        velocity: Pixels per frame, x and y.
    """

    person: int
    shot: int
    start: int
    rows: list[Floats]
    scores: list[float]
    look: Floats
    velocity: Floats = field(default_factory=lambda: np.zeros(2, np.float32))

    @property
    def stop(self) -> int:
        """The frame after the last sight of the face."""
        return self.start + len(self.rows)

    @property
    def box(self) -> Floats:
        """Where the face was last seen, shape (4,)."""
        return self.rows[-1][:4]

    @property
    def points(self) -> Floats:
        """The five points when last seen, shape (5, 2)."""
        return self.rows[-1][4:].reshape(5, 2)

    @property
    def pace(self) -> float:
        """Face sizes per frame."""
        return float(np.linalg.norm(self.velocity) / measure_sizes(self.box))

    def expect(self, frame: int) -> Floats:
        """Expect the box in a coming frame, shape (4,)."""
        move = self.velocity * (frame - self.stop + 1)
        return np.asarray(self.box + np.concatenate([move, move]), np.float32)

    def extend(self, frame: int, face: Face, look: Floats) -> None:
        """Add a sight of the face, and fill the frames since the one before."""
        row, last = to_row(face), self.rows[-1]
        steps = frame - self.stop + 1
        move = (find_middles(face.box) - find_middles(self.box)) / steps
        self.velocity = np.asarray((self.velocity + move) / 2, np.float32)
        self.rows += [last + (row - last) * np.float32(i / steps) for i in range(1, steps)]
        self.rows.append(row)
        self.scores.append(face.score)
        share = max(1 / len(self.scores), _LATEST_LOOK)
        mixed = (1 - share) * self.look + share * look
        self.look = normalise(mixed)

    def cut(self, start: int, stop: int, look: Floats) -> Trail:
        """The frames from one up to another, counted from the first, as somebody else's."""
        rows = self.rows[start:stop]
        return Trail(self.person, self.shot, self.start + start, rows, self.scores, look)

    def to_track(self) -> Track:
        """Freeze what has been seen."""
        rows = np.stack(self.rows)
        points = rows[:, 4:].reshape(-1, 5, 2)
        return Track(self.person, self.start, rows[:, :4], points, self.shot)


def to_row(face: Face) -> Floats:
    """Join box and points into one row of shape (14,)."""
    return np.concatenate([face.box, face.points.reshape(-1)]).astype(np.float32)


def find_middles(boxes: Floats) -> Floats:
    """Middles of boxes, shape (..., 4) -> (..., 2)."""
    return np.asarray((boxes[..., :2] + boxes[..., 2:]) / 2, np.float32)


def measure_sizes(boxes: Floats) -> Floats:
    """Sides of squares as large as boxes, shape (..., 4) -> (...)."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 1e-3)
    return np.asarray(np.sqrt(sides[..., 0] * sides[..., 1]), np.float32)
