"""What is known of a recording once its voices are apart: all that the products are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from avsep.activity import (
    Floats,
    Marks,
    Span,
    find_crosstalk,
    find_speech,
    measure_motion,
)
from avsep.captions import Caption, Recogniser, cut_stretches, find_language, transcribe
from avsep.enhance import Person
from avsep.lips import People
from avsep.outputs.sound import Sound, SoundFileReader, VoiceFiles, measure_pictures
from avsep.probing import MediaInfo
from avsep.sync import Delay
from avsep.watching import Watch, watch_silently

WATCHED_AT_ONCE = 500  # pictures


@dataclass(frozen=True, slots=True, eq=False)
class Speaker:
    """Somebody whose voice was asked for.

    Attributes:
        name: As it stands in the names of files.
        person: Who it is, and when their lips are seen.
        voice: Sound files, as long as the recording.
        speaking: Pictures from which and up to which they speak, in order.
        captions: What they say, if that was asked for.
        language: What they speak, ISO 639; empty if that isn't known.
    """

    name: str
    person: Person
    voice: VoiceFiles
    speaking: tuple[Span, ...]
    captions: tuple[Caption, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """A recording and its voices.

    Attributes:
        info: The recording.
        people: Everybody visible, who was left out, and the cuts.
        speakers: Everybody whose voice was asked for, by their numbers.
        rest: What the voices leave of the recording.
        mixture: The recording's own sound, at the rate that was worked at.
        folder: Where all files of the result are made.
        weights: Of the channels in the one sound that was heard; None for their mean.
        delay: How late the sound is against the lips; the voices were found with it made up for.
    """

    info: MediaInfo
    people: People
    speakers: tuple[Speaker, ...]
    rest: VoiceFiles
    mixture: Path
    folder: Path
    delay: Delay = field(default_factory=Delay)
    weights: Sound | None = None

    @property
    def sounds(self) -> list[Path]:
        """All sound files of the result."""
        voices = [*(speaker.voice for speaker in self.speakers), self.rest]
        return [path for voice in voices for path in (voice.full, voice.narrow)]

    @property
    def crosstalk(self) -> tuple[Span, ...]:
        """When more than one of the speakers speak, in pictures."""
        return find_crosstalk([speaker.speaking for speaker in self.speakers])


def caption(
    separation: Separation, recognise: Recogniser, watch: Watch = watch_silently
) -> Separation:
    """Add what each speaker says, and in which language."""
    return replace(
        separation,
        speakers=tuple(
            _caption(speaker, separation.people.pictures, recognise, watch)
            for speaker in separation.speakers
        ),
    )


def _caption(speaker: Speaker, pictures: int, recognise: Recogniser, watch: Watch) -> Speaker:
    stretches = cut_stretches(speaker.speaking, _measure(speaker.voice.narrow, pictures))
    shown = watch(stretches, f"transcribing {speaker.name}", len(stretches))
    captions = tuple(transcribe(speaker.voice.narrow, shown, recognise))
    return replace(
        speaker, captions=captions, language=speaker.language or find_language(captions)
    )


def listen(
    people: Sequence[Person], voices: Sequence[Path], mixture: SoundFileReader, pictures: int
) -> list[tuple[Span, ...]]:
    """When each of the people speaks, in pictures.

    Args:
        people: Who was looked at.
        voices: A sound file for each of them.
        mixture: Sound of the recording.
        pictures: Length of the recording.
    """
    heard = [*((path, None) for path in voices), (mixture.path, mixture.weights)]
    powers = np.stack([_measure(path, pictures, weights) for path, weights in heard])
    lips = [_watch_lips(person, pictures) for person in people]
    motion, seen = (np.stack(rows) for rows in zip(*lips, strict=True))
    return find_speech(powers[:-1], powers[-1], motion, seen)


def _measure(sound: Path, pictures: int, weights: Sound | None = None) -> Floats:
    """Power of a sound file in each of so many pictures, zero after its end."""
    powers = np.zeros(pictures, np.float32)
    measured = measure_pictures(sound, weights)[:pictures]
    powers[: len(measured)] = measured
    return powers


def _watch_lips(person: Person, pictures: int) -> tuple[Floats, Marks]:
    """How much a mouth moves, and where it is seen, (pictures,) each."""
    motion = np.zeros(pictures, np.float32)
    for start in range(0, pictures, WATCHED_AT_ONCE):
        stop = min(start + WATCHED_AT_ONCE, pictures)
        mouths, seen = person.read(start - 1, stop)
        motion[start:stop] = measure_motion(mouths) * (seen[:-1] & seen[1:])
    return motion, person.mark_seen(0, pictures)
