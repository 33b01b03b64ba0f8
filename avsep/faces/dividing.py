"""Two people who were taken for one become two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from avsep.divisions import Division, read_division
from avsep.errors import SettingError
from avsep.faces.people import LipClip, People
from avsep.faces.placing import cut_clip
from avsep.media.probing import MediaInfo
from avsep.media.stretches import find_frames, find_stretch, join_stretches
from avsep.timeline import Span

HINT = "`avsep faces` shows who is seen when."


def divide_people(info: MediaInfo, people: People, texts: Sequence[str]) -> People:
    """Everybody, of whom some turn out to be two.

    Args:
        info: The whole recording.
        people: Everybody visible in it, in its frames.
        texts: Divisions, as `avsep.divisions.read_division` takes them.

    Raises:
        SettingError: Somebody is divided who isn't there, or of whom nothing would move or stay.
    """
    for text in texts:
        division = read_division(text)
        found = [find_stretch(info, part) for part in division.ranges]
        people = divide(people, division, find_frames(join_stretches(found)))
    return people


def divide(people: People, division: Division, spans: Sequence[Span]) -> People:
    """What is seen of somebody in some frames becomes a new person's, numbered after all others.

    Args:
        people: Everybody.
        division: Who is meant.
        spans: The frames, in order, of which none touches another.

    Raises:
        SettingError: They aren't there, or nothing of them would move or stay.
    """
    numbers = [person.number for person in people.persons]
    if division.number not in numbers:
        raise SettingError(
            f"there is no speaker {division.number} to divide: {len(numbers)} were found",
            hint=HINT,
        )
    own = [clip for clip in people.clips if clip.track.person == division.number]
    moved = [part for clip in own for part in cut_clip(clip, spans, 0)]
    left = list(_find_between(spans, people.frames))
    stay = [part for clip in own for part in cut_clip(clip, left, 0)]
    if not moved or not stay:
        what = "nothing" if not moved else "all"
        raise SettingError(
            f"{what} of speaker {division.number} is seen in {','.join(division.ranges)}",
            hint=HINT,
        )
    moved = [_rename(clip, max(numbers) + 1) for clip in moved]
    others = [clip for clip in people.clips if clip.track.person != division.number]
    clips = sorted(
        [*others, *stay, *moved], key=lambda clip: (clip.track.start, clip.track.person)
    )
    return replace(people, clips=tuple(clips))


def _find_between(spans: Sequence[Span], frames: int) -> Iterator[Span]:
    """What lies around and between some spans."""
    start = 0
    for first, last in spans:
        yield start, first
        start = last
    yield start, max(start, frames)


def _rename(clip: LipClip, number: int) -> LipClip:
    return replace(clip, track=replace(clip.track, person=number))
