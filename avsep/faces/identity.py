"""One person keeps one name from shot to shot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from avsep.arrays import Floats, Image
from avsep.faces.tracking import ALIKE
from avsep.faces.tracks import Track, find_middles, measure_sizes

# Portraits, each (160, 160, 3), RGB -> unit vectors, shape (portraits, numbers).
Embedder: TypeAlias = Callable[[Sequence[Image]], Floats]
# Somebody in the next shot at nearly the same place: distance in face sizes, and growth. Chosen by
# hand, as are the next two: over debates of `tools/cuts.py`, where faces are known, places of
# 0.2 to 1, growths of 1.1 to 2, 5 to 50 frames and likenesses of 0.5 to 0.95 make no difference.
_SAME_PLACE, _SAME_SIZE = 0.5, 1.3
# Frames in which, within a shot, nobody else can have taken somebody's place.
MOMENT = 25
# Likeness from which on two tracks of one shot are one person wherever they are.
_SURELY_ALIKE = 0.75
# How far (1 - cosine) two groups of faces may lie apart on the average and still be one person:
# over the debates of `tools/cuts.py` one person's faces were 0.041 apart at most, those of the
# two most alike people 0.062.
ONE_FACE = 0.05
# How far two faces of one shot may lie apart and still be one person's: one person's lay 0.049
# apart at most, those of the two most alike of 25 people 0.063. Of a track of less than a
# second, which may be half hidden all along, more is asked: 5 % of the pairs of people lie
# nearer.
OTHER_FACE, STRANGER = 0.06, 0.1
# A distance that no average with others brings near.
_NEVER = 1e12


def join_shots(
    tracks: Sequence[Track], looks: Floats | None = None, faces: Floats | None = None
) -> list[Track]:
    """Give every track the number of its person.

    Tracks of one shot that carry the same provisional number, look surely alike, or follow
    each other within a second at the same place are one person, unless their faces differ.
    Across shots a person is known by the face or, where faces are unknown, by taking the same
    place at the same size in a later shot and looking alike. Two who are seen at the same time
    are never one. People are numbered by first appearance, from left to right when they appear
    together.

    Args:
        tracks: Tracks in any order, with provisional numbers of people, 0 for unknown.
        looks: What each of them looks like in its shot, unit vectors, shape (tracks, numbers).
        faces: Their faces as `avsep.faces.embedding` describes them, unit vectors, shape (tracks,
            numbers).

    Returns:
        The same tracks in the same order, with `person` set, from 1 on.
    """
    alike = np.full((len(tracks),) * 2, ALIKE) if looks is None else looks @ looks.T
    order = sorted(range(len(tracks)), key=lambda i: (tracks[i].start, tracks[i].boxes[0, 0]))
    people: list[list[int]] = []
    before = 0  # those of earlier shots, who are known again by their faces alone
    for number in order:
        if faces is not None and people and tracks[people[-1][0]].shot != tracks[number].shot:
            before = len(people)
        for person in people[before:]:
            if _may_be(number, person, tracks, faces) and _belongs(number, person, tracks, alike):
                person.append(number)
                break
        else:
            people.append([number])
    if faces is not None:
        people = _know_again(people, tracks, faces)
    names = {number: name for name, person in enumerate(people, 1) for number in person}
    return [replace(track, person=names[number]) for number, track in enumerate(tracks)]


def _may_be(
    number: int, person: Sequence[int], tracks: Sequence[Track], faces: Floats | None
) -> bool:
    """Say whether a track's face can be that of a person, whatever place and look say.

    Args:
        number: The track.
        person: Numbers of the person's tracks so far.
        tracks: All tracks.
        faces: Their faces, unit vectors, shape (tracks, numbers).
    """
    if faces is None:
        return True
    nearest = max(person, key=lambda i: float(faces[i] @ faces[number]))
    short = min(len(tracks[i].boxes) for i in (number, nearest)) < MOMENT
    least = 1 - (STRANGER if short else OTHER_FACE)
    return float(faces[nearest] @ faces[number]) > least


def _belongs(
    number: int,
    person: Sequence[int],
    tracks: Sequence[Track],
    alike: NDArray[np.floating],
) -> bool:
    """Say whether a track can be the next one of a person: within a shot, or by the seat.

    Args:
        number: The track.
        person: Numbers of the person's tracks so far.
        tracks: All tracks.
        alike: How alike they look, shape (tracks, tracks).
    """
    track, others = tracks[number], [tracks[i] for i in person]
    if any(_meet(track, other) for other in others):
        return False
    if track.person and any(other.person == track.person for other in others):
        return True
    return any(
        _returns(other, track, alike[number, i])
        if other.shot == track.shot
        else alike[number, i] >= ALIKE and takes_place(other.boxes[-1], track.boxes[0])
        for i, other in zip(person, others, strict=True)
    )


def _know_again(
    people: Sequence[list[int]], tracks: Sequence[Track], faces: Floats
) -> list[list[int]]:
    """Join people of several shots by their faces, the most alike first.

    Groups grow for as long as the mean distance between the faces of two of them is small:
    one odd look then joins nobody, and does no harm either.

    Args:
        people: Numbers of each one's tracks in one shot, by first appearance.
        tracks: All tracks.
        faces: Their faces, unit vectors, shape (tracks, numbers).
    """
    if len(people) <= 1:
        return list(people)
    means = np.stack([_average(person, tracks, faces) for person in people])
    apart = np.clip(1 - means @ means.T, 0, None)
    apart[_find_meetings(people, tracks)] = _NEVER
    np.fill_diagonal(apart, 0)
    groups = fcluster(linkage(squareform(apart), "average"), ONE_FACE, "distance")
    joined: dict[int, list[int]] = {}
    for group, person in zip(groups.tolist(), people, strict=True):
        joined.setdefault(group, []).extend(person)
    return list(joined.values())


def _average(person: Sequence[int], tracks: Sequence[Track], faces: Floats) -> Floats:
    """Mean face of some tracks, longer ones counting more, as a unit vector."""
    lengths = [len(tracks[number].boxes) for number in person]
    mean = np.average(faces[list(person)], axis=0, weights=lengths)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float64)


def average_faces(tracks: Sequence[Track], faces: Floats) -> dict[int, Floats]:
    """The mean face of everybody, a unit vector, by their numbers.

    Args:
        tracks: Tracks, each with the number of its person.
        faces: Their faces, unit vectors, shape (tracks, numbers).
    """
    own: dict[int, list[int]] = {}
    for number, track in enumerate(tracks):
        own.setdefault(track.person, []).append(number)
    return {person: _average(numbers, tracks, faces) for person, numbers in own.items()}


def _find_meetings(people: Sequence[list[int]], tracks: Sequence[Track]) -> NDArray[np.bool_]:
    """Say who is ever seen at the same time as whom, shape (people, people)."""
    starts, stops = np.array([track.span for track in tracks]).T
    meet = (starts[:, None] < stops) & (starts < stops[:, None])
    owned = np.zeros((len(people), len(tracks)), np.float32)
    for row, person in zip(owned, people, strict=True):
        row[person] = 1
    return np.asarray(owned @ meet @ owned.T > 0)


def _meet(one: Track, other: Track) -> bool:
    """Say whether two tracks have a frame in common."""
    return one.start < other.stop and other.start < one.stop


def _returns(before: Track, track: Track, alike: float) -> bool:
    """Say whether somebody is seen again in the shot: soon and in their place, or surely alike."""
    soon = 0 <= track.start - before.stop <= MOMENT
    return alike >= _SURELY_ALIKE or (soon and takes_place(before.boxes[-1], track.boxes[0]))


def takes_place(before: Floats, after: Floats) -> bool:
    """Say whether two boxes have nearly the same place and size."""
    small, large = sorted((float(measure_sizes(before)), float(measure_sizes(after))))
    apart = float(np.linalg.norm(find_middles(after) - find_middles(before)))
    return apart < _SAME_PLACE * small and large < _SAME_SIZE * small
