"""Who speaks when: told by the separated voices and by the lips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d

from avsep.arrays import Floats, Marks, Sound
from avsep.faces.motion import STILL, measure_motion
from avsep.faces.people import Person
from avsep.media.sound import SoundFileReader, measure_file
from avsep.separation.presence import mark_present
from avsep.timeline import Span, bridge, drop_short, find_spans

QUIET = 1e-12  # added to powers, so that silence has a level
INAUDIBLE = 1e-9  # power up to which nobody hears anything: a microphone is off, -90 dB
# Measured on the three scenes in examples/ against their true voices (a person speaks where the
# power over 7 frames is within 25 dB of the loud ones): share of a visible person's frames in
# which speech is told wrongly, and missed. As it is: 0.1 % wrongly, 0.6 % missed.
# 1: 0.1 + 1.7 %, 3: 0.1 + 1.2 %, 11: 0.5 + 0.1 %, 15: 1.2 + 0.1 %.
AROUND = 7  # frames over which powers are averaged
# -40: 0.7 + 0.3 %, -34: 0.5 + 0.3 %, -22: 0.1 + 1.7 %, -16: 0.0 + 9.9 %.
LOUD = -28.0  # dB against the loud parts of the recording that speech must reach
# -24: 0.1 + 0.4 %, -12: 0.1 + 3.4 %, -6: 0.1 + 24.6 %.
SHARE = -18.0  # dB against the recording at that moment, if the lips move
# From -18 to -2, and motion over 5 to 31 frames, the three scenes don't tell apart.
SHARE_OF_STILL = -8.0  # dB, if they don't
MOVED = 15  # frames over which motion is averaged
# 0: 0.0 + 1.1 %; from 4 to 20 no difference.
LONGEST_PAUSE = 8  # frames without speech that do not end a stretch of it
# From 1 to 20 no difference.
SHORTEST = 8  # frames that a stretch of speech must last


def find_speech(
    voices: Floats, mixture: Floats, motion: Floats, present: Marks, loud: float
) -> list[tuple[Span, ...]]:
    """The stretches in which each person speaks.

    Args:
        voices: Power of each separated voice in every frame, (people, frames).
        mixture: Power of the recording, (frames,).
        motion: Of each person's mouth as `measure_motion` finds it, (people, frames).
        present: Where each person's voice is given, (people, frames).
        loud: Power of the loud parts of the recording.
    """
    speaks = mark_speech(voices, mixture, motion, present, loud)
    return [drop_short(bridge(find_spans(row), LONGEST_PAUSE), SHORTEST) for row in speaks]


def mark_speech(
    voices: Floats, mixture: Floats, motion: Floats, present: Marks, loud: float
) -> Marks:
    """The frames in which each person seems to speak, single ones too, (people, frames).

    What lies `MOVED` // 2 frames away or nearer counts.
    """
    voices, mixture = average(voices, AROUND), average(mixture, AROUND)
    share = np.where(average(motion, MOVED) < STILL, SHARE_OF_STILL, SHARE)
    audible = (to_decibels(voices, loud) > LOUD) & (to_decibels(voices, mixture) > share)
    speaks: Marks = present & audible & (voices > INAUDIBLE)
    return speaks


def find_crosstalk(speaking: Sequence[Iterable[Span]]) -> tuple[Span, ...]:
    """The stretches in which more than one speak.

    >>> find_crosstalk([[(0, 9)], [(5, 20)], [(7, 8), (15, 16)]])
    ((5, 9), (15, 16))
    """
    spans = [span for each in speaking for span in each]
    turns = np.zeros(max((stop for _, stop in spans), default=0) + 1, np.int64)
    for start, stop in spans:
        turns[start] += 1
        turns[stop] -= 1
    return find_spans(np.cumsum(turns) > 1)


def average(values: Floats, frames: int) -> Floats:
    """Mean over the moment around each frame."""
    averaged: Floats = uniform_filter1d(values, frames, axis=-1, mode="constant")
    return averaged


def find_loud(sound: SoundFileReader) -> float:
    """Power of the loud parts of a recording."""
    return measure_loud(measure_file(sound.path, sound.weights))


def measure_loud(power: Floats) -> float:
    """Power of the loud frames of those in which there is anything to hear, 0 if there are none.

    Shape: (frames,)
    """
    heard = power[power > INAUDIBLE]
    return float(np.percentile(heard, 95)) if len(heard) else 0.0


def to_decibels(power: Floats, reference: Floats | float) -> Floats:
    """Levels of powers against another, which may be silent, dB."""
    ratio: Floats = 10 * np.log10((power + QUIET) / (reference + QUIET))
    return ratio


WATCHED_AT_ONCE = 500  # frames


def watch(people: Sequence[Person], frames: int) -> tuple[Floats, Marks]:
    """How much everybody's mouth moves, and where they are there.

    Args:
        people: Who was looked at.
        frames: Length of the recording.

    Returns:
        (people, frames) each.
    """
    lips = [_watch_lips(person, frames) for person in people]
    motion, present = (np.stack(rows) for rows in zip(*lips, strict=True))
    return motion, present


def measure_frames(sound: Path, frames: int, weights: Sound | None = None) -> Floats:
    """Power of a sound file in each of so many frames, zero after its end."""
    powers = np.zeros(frames, np.float32)
    measured = measure_file(sound, weights)[:frames]
    powers[: len(measured)] = measured
    return powers


def _watch_lips(person: Person, frames: int) -> tuple[Floats, Marks]:
    """How much a mouth moves, and where somebody is there, (frames,) each; of a group, anybody."""
    members = [_watch_mouth(member, frames) for member in person.members]
    motion, present = zip(*members, strict=True)
    return np.max(motion, axis=0), np.any(present, axis=0)


def _watch_mouth(person: Person, frames: int) -> tuple[Floats, Marks]:
    motion = np.zeros(frames, np.float32)
    for start in range(0, frames, WATCHED_AT_ONCE):
        stop = min(start + WATCHED_AT_ONCE, frames)
        motion[start:stop] = measure_mouth(person, start, stop)
    return motion, mark_present(person, 0, frames, frames)


def measure_mouth(person: Person, start: int, stop: int) -> Floats:
    """How much a mouth moves from one frame up to another, zero where it isn't seen."""
    mouths, seen = person.read(start - 1, stop)
    motion: Floats = measure_motion(mouths) * (seen[:-1] & seen[1:])
    return motion
