"""Faces of single pictures become people who are followed through a shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from avsep.faces import Face, Floats
from avsep.media import FRAME_RATE

# A cost that no assignment takes if there is any other.
_NEVER = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person from the first picture in which they are seen to the last.

    Attributes:
        person: Number of the person from 1 on; 0 for somebody not yet named.
        start: First picture.
        boxes: left, top, right, bottom in pixels, shape (pictures, 4).
        points: left eye, right eye, nose, left and right corner of the mouth, x, y in
            pixels, shape (pictures, 5, 2).
        shot: Number of the shot, from 0 on.
    """

    person: int
    start: int
    boxes: Floats
    points: Floats
    shot: int

    @property
    def stop(self) -> int:
        """The picture after the last one."""
        return self.start + len(self.boxes)


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """How faces are searched and followed.

    Attributes:
        interval: Pictures from one search to the next.
        side: Longest side in pixels at which most searches take place.
        thorough_interval: Pictures from one search at full size to the next.
        sure: Score with which a person is believed to be there.
        gap: Pictures without a face that are bridged.
        memory: Pictures for which somebody who has gone is remembered within a shot.
        shortest: Pictures that a track must last.
        smallest: Pixels from the eyes to the mouth that a face must have for its lips.
        smoothing: Standard deviation in pictures of the smoothing of the points in time.
    """

    interval: int = 3
    side: int = 640
    thorough_interval: int = 2 * FRAME_RATE
    sure: float = 0.9
    gap: int = 15
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
        start: First picture.
        rows: For every picture up to the last sight of the face: box and points in one
            row of 14 pixels; pictures without a search are filled in.
        scores: The detector's score at every sight.
        velocity: Pixels per picture, x and y.
        look: What the face looks like, a unit vector, or nothing.
    """

    person: int
    shot: int
    start: int
    rows: list[Floats]
    scores: list[float]
    velocity: Floats = field(default_factory=lambda: np.zeros(2, np.float32))
    look: Floats | None = None

    @property
    def stop(self) -> int:
        """The picture after the last sight of the face."""
        return self.start + len(self.rows)

    def predict(self, picture: int) -> Floats:
        """Expect the box in a coming picture, shape (4,)."""
        return self.rows[-1][:4] + np.tile(self.velocity * (picture - self.stop + 1), 2)

    def extend(self, picture: int, face: Face, look: Floats | None) -> None:
        """Add a sight of the face, and fill the pictures since the one before."""
        row, last = _to_row(face), self.rows[-1]
        steps = picture - self.stop + 1
        self.rows += [last + (row - last) * np.float32(i / steps) for i in range(1, steps)]
        self.rows.append(row)
        self.scores.append(face.score)
        moved = (_middle(row[:4]) - _middle(last[:4])) / steps
        self.velocity = 0.5 * self.velocity + 0.5 * moved
        if look is not None:
            self.look = look if self.look is None else _unit(0.8 * self.look + 0.2 * look)

    def to_track(self) -> Track:
        """Freeze what has been seen."""
        rows = np.stack(self.rows)
        return Track(
            self.person, self.start, rows[:, :4], rows[:, 4:].reshape(-1, 5, 2), self.shot
        )


class Linker:
    """Links the faces of one picture after another into trails.

    Attributes:
        trails: Those who are being followed.
    """

    def __init__(self, config: TrackingConfig) -> None:
        self.trails: list[Trail] = []
        self._config = config
        self._gone: list[Trail] = []
        self._people = 0

    def update(
        self, picture: int, shot: int, faces: Sequence[Face], looks: Sequence[Floats | None]
    ) -> list[Trail]:
        """Take in the faces of a picture.

        Args:
            picture: Number of the picture, more than the last time.
            shot: Number of its shot.
            faces: Faces in it.
            looks: What each of them looks like.

        Returns:
            The trails that have ended, because nobody has been there for too long.
        """
        pairs = self._assign(picture, faces, looks)
        for trail, face in pairs:
            self.trails[trail].extend(picture, faces[face], looks[face])
        ended = [t for t in self.trails if picture - t.stop + 1 > self._config.gap]
        self._leave(ended, picture)
        taken = {face for _, face in pairs}
        for number, face in enumerate(faces):
            if number not in taken and face.score >= self._config.sure:
                person = self._recall(picture, face, looks[number])
                trail = Trail(person, shot, picture, [_to_row(face)], [face.score])
                trail.look = looks[number]
                self.trails.append(trail)
        return ended

    def end_shot(self) -> list[Trail]:
        """Let everybody go, and forget them."""
        ended, self.trails, self._gone = self.trails, [], []
        return ended

    def _leave(self, ended: list[Trail], picture: int) -> None:
        """Move trails from those who are there to those who may come back."""
        self.trails = [t for t in self.trails if t not in ended]
        self._gone += ended
        self._gone = [t for t in self._gone if picture - t.stop <= self._config.memory]

    def _assign(
        self, picture: int, faces: Sequence[Face], looks: Sequence[Floats | None]
    ) -> list[tuple[int, int]]:
        """Pair trails with faces so that all of them together move and change least."""
        if not self.trails or not faces:
            return []
        costs = np.array(
            [
                [
                    _weigh(trail, picture, face, look)
                    for face, look in zip(faces, looks, strict=True)
                ]
                for trail in self.trails
            ]
        )
        rows, columns = linear_sum_assignment(costs)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return [(row, column) for row, column in pairs if costs[row, column] < _NEVER]

    def _recall(self, picture: int, face: Face, look: Floats | None) -> int:
        """Number a new face: that of somebody who has gone and looks like it, or a new one."""
        best, person = _LIKE, 0
        away = {trail.person for trail in self._gone} - {trail.person for trail in self.trails}
        for trail in self._gone:
            likeness = _resemble(trail.look, look) - _FAR_MALUS * _remove(trail, face)
            if trail.person in away and likeness > best:
                best, person = likeness, trail.person
        if not person:
            self._people += 1
        return person or self._people


# Likeness from which on a face is somebody who has gone, and what a far place takes off it.
_LIKE, _FAR_MALUS = 0.6, 0.15


def join_shots(tracks: Sequence[Track]) -> list[Track]:
    """Give every track the number of its person.

    Tracks of one shot that carry the same provisional number are one person. Across shots
    a person is who takes the same place at the same size in a later shot. People are
    numbered by first appearance, from left to right when they appear together.

    Args:
        tracks: Tracks in any order, with provisional numbers of people, 0 for unknown.

    Returns:
        The same tracks in the same order, with `person` set, from 1 on.
    """
    groups: list[list[int]] = []
    for number in _order(tracks):
        home = next((g for g in groups if _belongs(tracks[number], [tracks[i] for i in g])), None)
        if home is None:
            groups.append([number])
        else:
            home.append(number)
    people = {number: person for person, group in enumerate(groups, 1) for number in group}
    return [replace(track, person=people[number]) for number, track in enumerate(tracks)]


def _order(tracks: Sequence[Track]) -> list[int]:
    """List the tracks by the picture they begin with, then from left to right."""
    return sorted(range(len(tracks)), key=lambda i: (tracks[i].start, tracks[i].boxes[0, 0]))


def _belongs(track: Track, others: Sequence[Track]) -> bool:
    """Say whether a track can be the next one of the person of the other tracks."""
    if any(other.start < track.stop and track.start < other.stop for other in others):
        return False
    if track.person and any(other.person == track.person for other in others):
        return True
    last = others[-1]
    return last.shot != track.shot and _fits(last.boxes[-1], track.boxes[0])


def _fits(before: Floats, after: Floats) -> bool:
    """Say whether two boxes have the same place and size, nearly."""
    sizes = _size(before), _size(after)
    apart = np.linalg.norm(_middle(after) - _middle(before))
    return bool(apart < 0.5 * min(sizes) and max(sizes) < 1.3 * min(sizes))


def _weigh(trail: Trail, picture: int, face: Face, look: Floats | None) -> float:
    """Say how unlikely it is that a trail goes on with a face."""
    expected = trail.predict(picture)
    size = (_size(expected) + _size(face.box)) / 2
    apart = float(np.linalg.norm(_middle(face.box) - _middle(expected))) / size
    growth = abs(float(np.log(_size(face.box) / _size(expected))))
    away = picture - trail.stop + 1
    if apart > 0.5 + 0.05 * away or growth > 0.4 + 0.02 * away:
        return _NEVER
    return apart + growth + 0.5 * (1 - _resemble(trail.look, look))


def _remove(trail: Trail, face: Face) -> float:
    """Distance between where somebody went and where a face comes up, in face sizes."""
    return float(np.linalg.norm(_middle(face.box) - _middle(trail.rows[-1][:4]))) / _size(face.box)


def _resemble(one: Floats | None, other: Floats | None) -> float:
    """Correlation of two looks; unknown ones say nothing for or against."""
    return 0.0 if one is None or other is None else float(one @ other)


def _to_row(face: Face) -> Floats:
    """Join box and points into one row of shape (14,)."""
    return np.concatenate([face.box, face.points.reshape(-1)]).astype(np.float32)


def _middle(box: Floats) -> Floats:
    """Middle of a box."""
    return (box[:2] + box[2:]) / 2


def _size(box: Floats) -> float:
    """Side of a square as large as a box."""
    return float(np.sqrt(max(float(np.prod(box[2:] - box[:2])), 1e-6)))


def _unit(values: NDArray[np.float32]) -> Floats:
    """Scale to length 1."""
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-6), np.float32)
