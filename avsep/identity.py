"""One person keeps one name from shot to shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avsep.faces import Floats
from avsep.tracking import ALIKE, Track, find_middles, measure_sizes

# Somebody in the next shot at nearly the same place: distance in face sizes, and growth.
_SAME_PLACE, _SAME_SIZE = 0.5, 1.3
# Pictures in which, within a shot, nobody else can have taken somebody's place.
_MOMENT = 25
# Likeness from which on two tracks of one shot are one person wherever they are.
_SURELY_ALIKE = 0.75


def join_shots(tracks: Sequence[Track], looks: Floats | None = None) -> list[Track]:
    """Give every track the number of its person.

    Tracks of one shot that carry the same provisional number, look surely alike, or follow
    each other within a second at the same place are one person. Across shots a person is who
    takes the same place at the same size in a later shot, and looks alike where looks are
    known. People are numbered by first appearance, from left to right when they appear together.

    Args:
        tracks: Tracks in any order, with provisional numbers of people, 0 for unknown.
        looks: What each of them looks like, unit vectors, shape (tracks, numbers).

    Returns:
        The same tracks in the same order, with `person` set, from 1 on.
    """
    alike = np.full((len(tracks),) * 2, ALIKE) if looks is None else looks @ looks.T
    order = sorted(range(len(tracks)), key=lambda i: (tracks[i].start, tracks[i].boxes[0, 0]))
    people: list[list[int]] = []
    for number in order:
        for person in people:
            if _belongs(number, person, tracks, alike):
                person.append(number)
                break
        else:
            people.append([number])
    names = {number: name for name, person in enumerate(people, 1) for number in person}
    return [replace(track, person=names[number]) for number, track in enumerate(tracks)]


def _belongs(
    number: int, person: Sequence[int], tracks: Sequence[Track], alike: NDArray[np.floating]
) -> bool:
    """Say whether a track can be the next one of a person who has the given tracks."""
    track, others = tracks[number], [tracks[i] for i in person]
    if any(other.start < track.stop and track.start < other.stop for other in others):
        return False
    if track.person and any(other.person == track.person for other in others):
        return True
    return any(
        _returns(other, track, alike[number, i])
        if other.shot == track.shot
        else alike[number, i] >= ALIKE and _takes_place(other.boxes[-1], track.boxes[0])
        for i, other in zip(person, others, strict=True)
    )


def _returns(before: Track, track: Track, alike: float) -> bool:
    """Say whether somebody is seen again in the shot: soon and in their place, or surely alike."""
    soon = 0 <= track.start - before.stop <= _MOMENT
    return alike >= _SURELY_ALIKE or (soon and _takes_place(before.boxes[-1], track.boxes[0]))


def _takes_place(before: Floats, after: Floats) -> bool:
    """Say whether two boxes have nearly the same place and size."""
    small, large = sorted((float(measure_sizes(before)), float(measure_sizes(after))))
    apart = float(np.linalg.norm(find_middles(after) - find_middles(before)))
    return apart < _SAME_PLACE * small and large < _SAME_SIZE * small
