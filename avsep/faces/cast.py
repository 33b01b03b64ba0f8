"""Who is who while a recording goes on: numbers are given at once, and for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from avsep.arrays import Floats
from avsep.faces.identity import MOMENT, ONE_FACE, OTHER_FACE, STRANGER, takes_place
from avsep.faces.tracks import Trail

# How many descriptions of a face are kept: the first, and then the latest.
KEPT = 16


@dataclass(slots=True, eq=False)
class Known:
    """Somebody who has a number.

    Attributes:
        number: From 1 on.
        faces: What their face looks like at each appearance, unit vectors.
        trails: By which they were followed in the present shot.
    """

    number: int
    faces: list[Floats] = field(default_factory=list)
    trails: list[Trail] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Cast:
    """Everybody who has been given a number.

    In the end of a recording `avsep.faces.identity.join_shots` weighs all that was seen; here
    nobody waits. By the same distances somebody is one of those who are known, or new.

    Attributes:
        people: By their numbers.
    """

    people: list[Known] = field(default_factory=list)

    def know(self, trail: Trail, face: Floats | None, there: Iterable[int]) -> int:
        """Say who somebody is whose face has just been described.

        Args:
            trail: By which they are followed.
            face: What the face looks like, a unit vector; None where nobody can say.
            there: Numbers of people who are seen at the same time.
        """
        free = [known for known in self.people if known.number not in set(there)]
        found = next(self._find_here(trail, face, free), None) or self._find_alike(face, free)
        if found is None:
            found = Known(len(self.people) + 1)
            self.people.append(found)
        found.trails = [own for own in found.trails if own.shot == trail.shot]
        found.trails.append(trail)
        self.learn(found.number, face)
        return found.number

    def learn(self, number: int, face: Floats | None) -> None:
        """Keep what somebody's face looks like."""
        if face is None:
            return
        faces = self.people[number - 1].faces
        faces.append(face)
        if len(faces) > KEPT:
            del faces[1]

    @staticmethod
    def _find_here(trail: Trail, face: Floats | None, free: Sequence[Known]) -> Iterator[Known]:
        """Those who were in the same shot, at the same place or followed as the same person."""
        for known in free:
            here = [own for own in known.trails if own.shot == trail.shot and own is not trail]
            if any(_returns(own, trail) for own in here) and _may_be(known, face, trail):
                yield known

    @staticmethod
    def _find_alike(face: Floats | None, free: Sequence[Known]) -> Known | None:
        """Who looks most like a face, and near enough to be one person."""
        described = [known for known in free if known.faces]
        if face is None or not described:
            return None
        nearest = min(described, key=lambda known: _measure(known, face))
        return nearest if _measure(nearest, face) < ONE_FACE else None


def _measure(known: Known, face: Floats) -> float:
    """How far a face lies from somebody's on the average, 1 - cosine."""
    return 1 - float(np.mean(np.stack(known.faces) @ face))


def _may_be(known: Known, face: Floats | None, trail: Trail) -> bool:
    """Whether a face can be that of somebody, whatever else says so."""
    if face is None or not known.faces:
        return True
    least = 1 - (STRANGER if len(trail.rows) < MOMENT else OTHER_FACE)
    return float((np.stack(known.faces) @ face).max()) > least


def _returns(before: Trail, trail: Trail) -> bool:
    """Whether somebody goes on being followed, or is seen again in their place soon."""
    if before.person == trail.person:
        return True
    soon = 0 <= trail.start - before.stop <= MOMENT
    return soon and takes_place(before.box, trail.rows[0][:4])
