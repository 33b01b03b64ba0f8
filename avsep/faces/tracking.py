"""Faces of single frames become people who are followed through a shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from avsep.arrays import Floats
from avsep.faces.detectors import Face
from avsep.faces.tracks import Trail, find_middles, measure_sizes, to_row
from avsep.timeline import FRAME_RATE

# All limits here are chosen by hand. Beside them stands what was measured over the three videos of
# `examples/`, whose people sit or stand at their places: 392 faces were linked to somebody seen
# before, and 377 times a face was compared with somebody it was not linked to. "Tried" is what
# other values made of those and of the ten debates of `tools/cuts.py` (16 s each, a cut every
# 2 s): 6790 sights, of which no number is given to two people.

# A cost that no assignment takes if there is any other.
_NEVER = 1e6
# What it costs that somebody's face is not found: rather that than a worse pair.
# Tried: 0.3 loses 93 sights, 0.6 loses 9, 1.5 and 5 are no other.
_ALONE = 0.9
# How far from where it is expected a face may be, in face sizes, and what a frame adds.
# Measured: 0.012 in the median, 0.046 at most.
_REACH, _REACH_PER_FRAME = 0.5, 0.05
# By which factor (its logarithm) a face may have grown or shrunk, and what a frame adds.
# Measured: 0.010 in the median, 0.051 at most.
_GROWTH, _GROWTH_PER_FRAME = 0.4, 0.02
# What an entirely different look costs, in face sizes.
# Tried: 0 and 0.2 are no other, 1 loses 9 sights, 2 loses 83.
_STRANGE = 0.5
# Somebody who was away for more frames than this must look at least so much like before.
# Measured: linked faces were alike by 0.69 at least and 0.97 in the median, others by 0.26 at
# least and 0.44 in the median, but by 0.88 at most: looks alone tell nobody apart.
# Tried: likeness 0 to 0.8 is no other; nobody changes places there.
_GLANCE, _NOT_STRANGE = 6, 0.45
# Likeness from which on a face is somebody who has gone, and what every face size of
# distance between the two places takes off it. Tried: 0.3 to 0.9 and 0 to 0.2 are no other;
# nobody comes back within a shot there.
ALIKE, _FAR = 0.6, 0.05


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """How long somebody is followed and remembered; all chosen by hand.

    Attributes:
        sure: Score with which a person is believed to be there. Tried: 0.6 to 0.95 are no
            other, 0.99 loses 9 sights.
        gap: Frames without a face that are bridged. Tried: 3 to 25 find the same people.
        memory: Frames for which somebody who has gone is remembered within a shot. Tried: one
            second is no other.
    """

    sure: float = 0.9
    gap: int = 12
    memory: int = 10 * FRAME_RATE


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
                row = to_row(face)
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
