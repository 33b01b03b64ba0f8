"""What speaks against trusting a result, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from avsep.faces.alignment import measure_typical_face
from avsep.faces.people import Dropped
from avsep.separation.agreement import tell_strangers
from avsep.separation.alike import tell_alike
from avsep.separation.delay import Step
from avsep.separation.microphones import tell_microphones
from avsep.separation.recording import Separation, Speaker
from avsep.separation.standstill import tell_standstills
from avsep.text import clock, tell_delay
from avsep.timeline import FRAME_RATE

# Pixels from the eyes to the mouth below which a mouth is enlarged to twice its size and more.
SMALL = 20.0


def find_doubts(separation: Separation) -> list[str]:
    """Each a sentence: a delay, small faces, silent people, voices alike, faces left out."""
    return [
        *separation.info.selection.remarks,
        *_tell_delays(separation),
        *chain.from_iterable(map(_warn_of_speaker, separation.speakers)),
        *tell_at_once(separation),
        *_warn_of_unheard(separation),
        *map(_tell_dropped, separation.people.dropped),
    ]


def tell_at_once(separation: Separation) -> list[str]:
    """What the user should hear at once: voices may be another's, or not the best there is."""
    return [
        *tell_alike(separation.alike),
        *tell_strangers(separation.speakers),
        *tell_standstills(separation.standstills),
        *tell_microphones(separation.microphones),
    ]


def _tell_delays(separation: Separation) -> Iterator[str]:
    """A sentence for everybody, and one for each whose lips say otherwise."""
    delay = separation.delay
    if delay.frames:
        yield _tell_delay([Step(0, delay.frames)], "the lips")
    for speaker in separation.speakers:
        for number in (person.number for person in speaker.person.members):
            if number in delay.own:
                yield _tell_delay(delay.own[number], f"the lips of {speaker.name}")


def _tell_delay(steps: Sequence[Step], lips: str) -> str:
    told = tell_delay([step.seconds for step in steps], lips)
    if not any(step.frames for step in steps):
        return f"T{told[1:]}, other than with those of the others."
    return (
        f"T{told[1:]}. This was made up for while the voices were found; in the files the sound "
        "lies where it lay."
    )


def _warn_of_speaker(speaker: Speaker) -> Iterator[str]:
    points = np.concatenate([clip.track.points for clip in speaker.person.clips])
    size = measure_typical_face(points)
    if size < SMALL:
        yield (
            f"{speaker.name}: the face is small, {size:.0f} pixels from the eyes to the mouth. "
            "Expect more of the others in this voice."
        )
    if not speaker.speaking:
        yield f"{speaker.name} is visible but was never found to speak."


def _warn_of_unheard(separation: Separation) -> list[str]:
    return [
        f"{speaker.name} was never heard in what the visible people's voices leave."
        for speaker in separation.unseen
        if not speaker.speaking
    ]


def _tell_dropped(dropped: Dropped) -> str:
    track = dropped.track
    start, stop = clock(track.start / FRAME_RATE), clock(track.stop / FRAME_RATE)
    return f"A face from {start} to {stop} has no voice of its own: {dropped.reason}."
