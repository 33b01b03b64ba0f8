"""Faces of single pictures become people who are followed through a shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from avsep.arrays import Floats
from avsep.faces.alignment import measure_typical_face
from avsep.faces.detectors import Face
from avsep.timeline import FRAME_RATE

# A cost that no assignment takes if there is any other.
_NEVER = 1e6
# What it costs that somebody's face is not found: rather that than a worse pair.
_ALONE = 0.9
# How far from where it is expected a face may be, in face sizes, and what a frame adds.
_REACH, _REACH_PER_FRAME = 0.5, 0.05
# By which factor (its logarithm) a face may have grown or shrunk, and what a frame adds.
_GROWTH, _GROWTH_PER_FRAME = 0.4, 0.02
# What an entirely different look costs, in face sizes.
_STRANGE = 0.5
# Somebody who was away for more frames than this must look at least so much like before.
_GLANCE, _NOT_STRANGE = 6, 0.45
# What the latest look counts at least among those before.
_LATEST_LOOK = 0.05
# Likeness from which on a face is somebody who has gone, and what every face size of
# distance between the two places takes off it.
ALIKE, _FAR = 0.6, 0.05


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


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """How faces are searched and followed.

    Attributes:
        interval: Frames from one search to the next while nobody moves fast.
        still_interval: The same while everybody keeps still.
        wide_interval: Frames from one search of the whole frame to the next; in between
            it is looked where people were.
        fast: Face sizes per frame from which on every frame is searched.
        still: Face sizes per frame up to which somebody keeps still.
        side: Longest side in pixels at which most searches take place.
        thorough_interval: Frames from one search at full size to the next.
        sure: Score with which a person is believed to be there.
        unlikely: Mean score below which it is no face after all.
        gap: Frames without a face that are bridged.
        memory: Frames for which somebody who has gone is remembered within a shot.
        shortest: Frames that a track must last.
        smallest: Pixels from the eyes to the mouth that a face must have for its lips.
        smoothing: Standard deviation in frames of the smoothing of the points in time.
    """

    interval: int = 3
    still_interval: int = 6
    wide_interval: int = 6
    fast: float = 0.2
    still: float = 0.01
    side: int = 640
    thorough_interval: int = 2 * FRAME_RATE
    sure: float = 0.9
    unlikely: float = 0.6
    gap: int = 12
    memory: int = 10 * FRAME_RATE
    shortest: int = FRAME_RATE // 2
    smallest: float = 12.0
    smoothing: float = 2.0


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
        row, last = _to_row(face), self.rows[-1]
        steps = frame - self.stop + 1
        move = (find_middles(face.box) - find_middles(self.box)) / steps
        self.velocity = np.asarray((self.velocity + move) / 2, np.float32)
        self.rows += [last + (row - last) * np.float32(i / steps) for i in range(1, steps)]
        self.rows.append(row)
        self.scores.append(face.score)
        share = max(1 / len(self.scores), _LATEST_LOOK)
        mixed = (1 - share) * self.look + share * look
        self.look = np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32)

    def cut(self, start: int, stop: int, look: Floats) -> Trail:
        """The frames from one up to another, counted from the first, as somebody else's."""
        rows = self.rows[start:stop]
        return Trail(self.person, self.shot, self.start + start, rows, self.scores, look)

    def to_track(self) -> Track:
        """Freeze what has been seen."""
        rows = np.stack(self.rows)
        points = rows[:, 4:].reshape(-1, 5, 2)
        return Track(self.person, self.start, rows[:, :4], points, self.shot)


class Linker:
    """Links the faces of one frame after another into trails.

    Attributes:
        trails: Those who are being followed.
    """

    def __init__(self, config: TrackingConfig) -> None:
        self.trails: list[Trail] = []
        self._config = config
        self._gone: list[Trail] = []
        self._people = 0

    def update(self, frame: int, shot: int, faces: Sequence[Face], looks: Floats) -> list[Trail]:
        """Take in the faces of a frame.

        Args:
            frame: Number of the frame, more than the last time.
            shot: Number of its shot.
            faces: Faces in it.
            looks: What each of them looks like, unit vectors, shape (faces, numbers); two
                looks are alike as far as their product is near 1.

        Returns:
            The trails that have ended, because nobody has been there for too long.
        """
        pairs = self._pair(frame, faces, looks)
        for trail, found in pairs:
            self.trails[trail].extend(frame, faces[found], looks[found])
        ended = self._part_with_lost(frame)
        taken = {found for _, found in pairs}
        for number, face in enumerate(faces):
            if number not in taken and face.score >= self._config.sure:
                person = self._recall(face, looks[number])
                row = _to_row(face)
                self.trails.append(Trail(person, shot, frame, [row], [face.score], looks[number]))
        return ended

    def end_shot(self) -> list[Trail]:
        """Let everybody go, and forget them."""
        ended, self.trails, self._gone = self.trails, [], []
        return ended

    def _pair(self, frame: int, faces: Sequence[Face], looks: Floats) -> list[tuple[int, int]]:
        """Pair trails with faces so that all of them together move and change least."""
        if not self.trails or not faces:
            return []
        costs = _weigh(self.trails, frame, np.stack([face.box for face in faces]), looks)
        # Every trail may also stay alone; else one bad pair would force others.
        alone = np.full((len(costs), len(costs)), _ALONE, np.float32)
        rows, columns = linear_sum_assignment(np.concatenate([costs, alone], axis=1))
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return [(row, column) for row, column in pairs if column < len(faces)]

    def _part_with_lost(self, frame: int) -> list[Trail]:
        """Move trails without a face for too long to those who may come back."""
        ended = [t for t in self.trails if frame - t.stop + 1 > self._config.gap]
        self.trails = [t for t in self.trails if t not in ended]
        self._gone = [t for t in self._gone + ended if frame - t.stop <= self._config.memory]
        return ended

    def _recall(self, face: Face, look: Floats) -> int:
        """Number a new face: that of somebody who has gone and looks like it, or a new one."""
        here = {trail.person for trail in self.trails}
        best, person = ALIKE, 0
        for trail in self._gone:
            apart = np.linalg.norm(
                find_middles(face.box) - find_middles(trail.box)
            ) / measure_sizes(face.box)
            likeness = float(trail.look @ look - _FAR * apart)
            if likeness > best and trail.person not in here:
                best, person = likeness, trail.person
        self._people += not person
        return person or self._people


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nobody's lips can be read from a trail.

    Attributes:
        kind: What faults of one kind have in common.
        detail: What is said of this one besides, or nothing.
    """

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        """Return both as one clause."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


def find_fault(trail: Trail, config: TrackingConfig) -> Fault | None:
    """Say why nobody's lips can be read from a trail; None if they can."""
    points = np.stack(trail.rows)[:, 4:].reshape(-1, 5, 2)
    distance = measure_typical_face(points)
    score = float(np.mean(trail.scores))
    if distance < config.smallest:
        return Fault("too small", f"{distance:.0f} pixels from the eyes to the mouth")
    if len(points) < config.shortest:
        return Fault("too short", f"seen for {len(points) / FRAME_RATE:.1f} s")
    if score < config.unlikely:
        return Fault("hardly a face", f"the detector is sure to {score:.0%} only")
    return None


def _weigh(trails: Sequence[Trail], frame: int, boxes: Floats, looks: Floats) -> Floats:
    """Say how unlikely it is that each trail goes on with each face.

    Returns:
        Costs, `_NEVER` where it cannot be, shape (trails, faces).
    """
    expected = np.stack([trail.expect(frame) for trail in trails])
    away = np.array([frame - trail.stop + 1 for trail in trails])[:, None]
    before, after = measure_sizes(expected)[:, None], measure_sizes(boxes)[None]
    gaps = find_middles(expected)[:, None] - find_middles(boxes)[None]
    apart = np.linalg.norm(gaps, axis=-1) / ((before + after) / 2)
    growth = np.abs(np.log(after / before))
    alike = np.stack([trail.look for trail in trails]) @ looks.T
    impossible = (
        (apart > _REACH + _REACH_PER_FRAME * away)
        | (growth > _GROWTH + _GROWTH_PER_FRAME * away)
        | ((away > _GLANCE) & (alike < _NOT_STRANGE))
    )
    costs = apart + growth + _STRANGE * (1 - alike)
    return np.asarray(np.where(impossible, _NEVER, costs), np.float32)


def _to_row(face: Face) -> Floats:
    """Join box and points into one row of shape (14,)."""
    return np.concatenate([face.box, face.points.reshape(-1)]).astype(np.float32)


def find_middles(boxes: Floats) -> Floats:
    """Middles of boxes, shape (..., 4) -> (..., 2)."""
    return np.asarray((boxes[..., :2] + boxes[..., 2:]) / 2, np.float32)


def measure_sizes(boxes: Floats) -> Floats:
    """Sides of squares as large as boxes, shape (..., 4) -> (...)."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 1e-3)
    return np.asarray(np.sqrt(sides[..., 0] * sides[..., 1]), np.float32)
