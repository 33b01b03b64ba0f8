"""What voices and lips together tell: who speaks when, and where lips tell nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avsep.faces.people import Person
from avsep.media.sound import SoundFileReader
from avsep.separation.activity import find_speech, measure_frames, measure_loud, watch
from avsep.separation.standstill import find_standstills
from avsep.timeline import Span, find_spans, mark_spans


@dataclass(frozen=True, slots=True)
class Talk:
    """When who speaks, in frames.

    Attributes:
        speaking: Stretches of each person.
        standstills: When somebody is heard and nobody's lips move.
    """

    speaking: tuple[tuple[Span, ...], ...]
    standstills: tuple[Span, ...] = ()

    def within(self, spans: Sequence[Span], frames: int) -> Talk:
        """What of it lies in some spans of so many frames."""
        asked = mark_spans(spans, 0, frames)

        def cut(own: Sequence[Span]) -> tuple[Span, ...]:
            return find_spans(mark_spans(own, 0, frames) & asked)

        return Talk(tuple(map(cut, self.speaking)), cut(self.standstills))


def listen(
    people: Sequence[Person],
    others: Sequence[Person],
    voices: Sequence[Path],
    mixture: SoundFileReader,
    frames: int,
    loud: float | None = None,
) -> Talk:
    """Find out when who speaks.

    Args:
        people: Whose voices were found.
        others: Who is seen beside them.
        voices: A sound file for each of the people.
        mixture: Sound of the recording.
        frames: Length of the recording.
        loud: Power of the loud parts of what the mixture was cut out of, if it was.
    """
    heard = [*((path, None) for path in voices), (mixture.path, mixture.weights)]
    powers = np.stack([measure_frames(path, frames, weights) for path, weights in heard])
    loud = measure_loud(powers[-1]) if loud is None else loud
    motion, present = watch([*people, *others], frames)
    own = slice(len(people))
    speaking = find_speech(powers[:-1], powers[-1], motion[own], present[own], loud)
    return Talk(tuple(speaking), find_standstills(powers[-1], motion, present, loud))
