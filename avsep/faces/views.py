"""People seen by several cameras: known across them, each with the best view of their mouth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from avsep.arrays import Floats, normalise
from avsep.faces.identity import ONE_FACE, Embedder
from avsep.faces.people import LipClip, People, Person
from avsep.faces.placing import cut_clip, cut_people
from avsep.timeline import FRAME_RATE, Span

SHORTEST = FRAME_RATE // 2  # frames for which it is worth to change the view; chosen by hand


@dataclass(frozen=True, slots=True)
class View:
    """What another camera sees.

    Attributes:
        people: Everybody visible, in its own frames.
        start: Frame of the recording that is its first.
    """

    people: People
    start: int


def join_views(people: People, views: Sequence[View], embed: Embedder | None) -> People:
    """Everybody whom some camera sees, in the frames of the recording.

    People of the recording keep their numbers; others are counted on. At each moment one camera
    shows the mouth of a person: that in which it is the largest, unless it is soon gone.

    Args:
        people: Of the recording.
        views: Other cameras.
        embed: Tells by which face a person is known; without it everybody is another.
    """
    known = [*people.persons]
    for view in views:
        span = max(0, -view.start), max(0, people.frames - view.start)
        seen = cut_people(view.people, [span], -view.start, people.frames)
        known = _add(known, list(seen.persons), embed)
    clips = [clip for person in known for clip in choose_best(person)]
    ordered = sorted(clips, key=lambda clip: (clip.track.start, clip.track.person))
    return replace(people, clips=tuple(ordered))


def _add(known: list[Person], seen: list[Person], embed: Embedder | None) -> list[Person]:
    """People of one more camera, each with those clips that they have already, or as a new one."""
    same = _recognise(known, seen, embed)
    joined = {person.number: person for person in known}
    for index, person in enumerate(seen):
        number = same.get(index, max(joined, default=0) + 1)
        before = joined[number].clips if number in joined else ()
        clips = (replace(c, track=replace(c.track, person=number)) for c in person.clips)
        joined[number] = Person(number, (*before, *clips))
    return list(joined.values())


def _recognise(
    known: Sequence[Person], seen: Sequence[Person], embed: Embedder | None
) -> dict[int, int]:
    """Numbers of those who are known, by their places among those who are seen."""
    if embed is None or not known or not seen:
        return {}
    apart = (
        1
        - np.stack([_describe(p, embed) for p in seen])
        @ np.stack([_describe(p, embed) for p in known]).T
    )
    # Strangers are all as far apart, else one bad pair would force others.
    pairs = zip(*linear_sum_assignment(np.minimum(apart, ONE_FACE)), strict=True)
    return {int(i): known[int(j)].number for i, j in pairs if apart[i, j] < ONE_FACE}


def _describe(person: Person, embed: Embedder) -> Floats:
    """The mean of a person's faces, longer appearances counting more, as a unit vector."""
    faces = embed([clip.portrait for clip in person.clips])
    mean = np.average(faces, axis=0, weights=[len(clip.track.boxes) for clip in person.clips])
    return normalise(mean)


def choose_best(person: Person) -> Iterator[LipClip]:
    """Clips of a person of which no two show the same moment, the best views first."""
    return show_once(sorted(person.clips, key=rate_view, reverse=True))


def show_once(clips: Iterable[LipClip]) -> Iterator[LipClip]:
    """Clips of a person, the best first, without the moments that one before shows, too."""
    taken: list[Span] = []
    for clip in clips:
        free = list(find_free(clip.track.span, taken))
        whole = free == [clip.track.span]
        kept = [span for span in free if whole or span[1] - span[0] >= SHORTEST]
        yield from cut_clip(clip, kept, 0)
        taken += kept


def rate_view(clip: LipClip) -> float:
    """How well the lips are seen: pixels from the eyes to the mouth, of a face from the front.

    A face that is turned aside has its eyes nearer to each other.
    """
    points = clip.track.points
    eyes, mouth = points[:, :2].mean(axis=1), points[:, 3:].mean(axis=1)
    tall = np.linalg.norm(mouth - eyes, axis=1)
    wide = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    return float(np.median(np.minimum(tall, wide)))


def find_free(span: Span, taken: Sequence[Span]) -> Iterator[Span]:
    """What of a span none of others has."""
    start, stop = span
    for first, last in sorted(taken):
        if first < stop and last > start:
            if first > start:
                yield start, first
            start = max(start, last)
    if start < stop:
        yield start, stop
