"""Voices of people nobody sees, taken out of what the visible people's voices leave.

Where the residual sounds like somebody's sample, it is theirs; what they get is taken from it,
so that voices and residual still add up to the recording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from avsep.arrays import Floats, Marks
from avsep.faces.people import Person
from avsep.media.sound import SoundFileReader
from avsep.names import refuse_doubles
from avsep.options import Options
from avsep.separation.activity import AROUND, LOUD, QUIET, SHARE, measure_frames, measure_loud
from avsep.separation.beds import Bed
from avsep.separation.levels import finish_voice
from avsep.separation.shares import divide_sound
from avsep.separation.stems import VoiceFiles
from avsep.speech.samples import VoiceSample
from avsep.speech.voice_print import RATE, WINDOW, Encoder, average, load_encoder
from avsep.timeline import FRAME_RATE, Span, bridge, drop_short, find_spans, mark_spans

STEP = 5  # frames from one compared window to the next
BLOCK = 500  # frames that are compared at once
# How much less a residual may be like a sample than most of that sample is itself: what separation
# leaves is not clean. In the first two debates of tools/unseen.py the chair was less alike by 0.0
# to 0.15, a heckler at the same microphone by 0.23 or more.
LESS = 0.17
# By so much a residual counts as less like a visible person where that person is silent: what is
# left of a voice is left where its owner speaks. Chosen by hand.
LESS_ELSEWHERE = 0.1
LEAST, MOST = 0.6, 0.75  # likeness that always or never is asked for; chosen by hand
# Longer than for people who are seen, as no lips tell; chosen by hand, as is what follows.
LONGEST_PAUSE = 12  # frames that do not end a stretch of speech
SHORTEST = 12  # frames that a stretch must last
MOST_KNOWN = 60  # windows of a visible person's speech that are listened to

# A voice for recognisers, and when it speaks.
Known: TypeAlias = tuple[Path, tuple[Span, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class UnseenSpeaker:
    """Somebody who is not seen, whose voice was found by a sample.

    Attributes:
        number: Those of the visible people go before.
        name: As it stands in the names of files.
        voice: Sound files, as long as the recording: a part of what the others leave.
        speaking: Frames from which and up to which they speak, in order.
    """

    number: int
    name: str
    voice: VoiceFiles
    speaking: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The sound of a recording.

    Attributes:
        path: The file.
        frames: Length.
        weights: Of its channels where all are heard as one; None for their mean.
    """

    path: Path
    frames: int
    weights: Floats | None = None


def take_unseen(
    rest: VoiceFiles,
    visible: Sequence[Known],
    mixture: Heard,
    samples: Sequence[VoiceSample],
    targets: Sequence[Path],
) -> tuple[list[tuple[VoiceFiles, tuple[Span, ...]]], VoiceFiles]:
    """Give everybody with a sample a voice of their own out of the residual.

    Args:
        rest: The residual in 32-bit float, at the level of the recording; it is replaced.
        visible: The voices of the people who are seen: they are not meant.
        mixture: The recording.
        samples: Of those who are not seen.
        targets: A file for each of them; each gets a 16 kHz file beside it.

    Returns:
        The files of each and when they speak; and what is left.
    """
    if not samples:
        return [], rest
    encode, frames = load_encoder(), mixture.frames
    wanted = np.stack([sample.print for sample in samples])
    known = [
        (found, speaking)
        for path, speaking in visible
        if (found := _know(path, speaking, wanted, encode)) is not None
    ]
    prints = np.stack([*wanted, *(found for found, _ in known)])
    likeness = compare(rest.narrow, prints, frames, encode)
    for row, (_, speaking) in zip(likeness[len(wanted) :], known, strict=True):
        row -= LESS_ELSEWHERE * ~mark_near(speaking, frames)
    powers = measure_frames(rest.narrow, frames)
    audible = find_audible(powers, measure_frames(mixture.path, frames, mixture.weights))
    asked = [float(np.clip(sample.steadiness - LESS, LEAST, MOST)) for sample in samples]
    heard = [span for _, speaking in visible for span in speaking]
    free = audible & ~mark_spans(heard, 0, frames)
    spans = find_unseen(likeness, asked, audible, free)
    files = [VoiceFiles(path, path.with_suffix(".16k.wav")) for path in targets]
    divide_sound(rest.full, [each.full for each in files], spans)
    divide_sound(rest.narrow, [each.narrow for each in files], spans)
    return list(zip(files, spans, strict=True)), rest


def number_unseen(
    people: Sequence[Person], beds: Sequence[Bed], samples: Sequence[VoiceSample]
) -> dict[int, str]:
    """Names by number of those who have a sample: their numbers follow those of all visible.

    Raises:
        SettingError: The file of a visible person is called the same.
    """
    first = max((person.number for person in people), default=0) + 1
    unseen = {first + place: sample.name for place, sample in enumerate(samples)}
    refuse_doubles({bed.numbers[0]: bed.name for bed in beds} | unseen)
    return unseen


def finish_unseen(
    names: Mapping[int, str],
    taken: Sequence[tuple[VoiceFiles, tuple[Span, ...]]],
    made: Path,
    options: Options,
) -> tuple[UnseenSpeaker, ...]:
    """Bring what `take_unseen` has found into the wanted form."""
    return tuple(
        UnseenSpeaker(number, name, finish_voice(files, made, options, speaks=bool(spans)), spans)
        for (number, name), (files, spans) in zip(names.items(), taken, strict=True)
    )


def _know(path: Path, speaking: Sequence[Span], wanted: Floats, encode: Encoder) -> Floats | None:
    """The print of a visible person's voice; None of one that says too little.

    It holds something of whom nobody sees, where they speak at once: so only the half counts that
    is less like the wanted.
    """
    window = WINDOW * FRAME_RATE // RATE
    starts = [
        frame for start, stop in speaking for frame in range(start, stop - window + 1, window // 2)
    ][:MOST_KNOWN]
    if not starts:
        return None
    per_frame = RATE // FRAME_RATE
    with closing(SoundFileReader(path)) as sound:
        prints = [
            encode(sound.read_mono(frame * per_frame, frame * per_frame + WINDOW), [0])
            for frame in starts
        ]
    found = np.concatenate(prints)
    alike = (found @ wanted.T).max(axis=1)
    return average(found[alike <= np.median(alike)])


def compare(path: Path, prints: Floats, frames: int, encode: Encoder) -> Floats:
    """How much a sound is like each of some voices around each frame, (voices, frames).

    Args:
        path: Sound, one channel at `RATE`.
        prints: Of the voices, (voices, WIDTH).
        frames: Length of the recording.
        encode: Makes prints.
    """
    per_frame, half = RATE // FRAME_RATE, WINDOW // 2
    centres = [*range(0, frames, STEP)]
    likeness = [np.zeros((0, len(prints)), np.float32)]
    with closing(SoundFileReader(path)) as sound:
        for first in range(0, len(centres), BLOCK // STEP):
            some = centres[first : first + BLOCK // STEP]
            origin = some[0] * per_frame - half
            block = sound.read_mono(origin, some[-1] * per_frame + half)
            starts = [(centre - some[0]) * per_frame for centre in some]
            likeness.append(encode(block, starts) @ prints.T)
    columns = np.concatenate(likeness).T
    return np.stack([np.interp(np.arange(frames), centres, row) for row in columns])


def mark_near(speaking: Sequence[Span], frames: int) -> Marks:
    """The frames in which, or a second around which, somebody speaks, (frames,).

    >>> mark_near([(30, 40)], 90).nonzero()[0][[0, -1]]
    array([ 5, 64])
    """
    wider = ((start - FRAME_RATE, stop + FRAME_RATE) for start, stop in speaking)
    return mark_spans(wider, 0, frames)


def find_audible(rest: Floats, mixture: Floats) -> Marks:
    """The frames in which the residual is loud enough to be somebody's voice, (frames,).

    Args:
        rest: Power of the residual, (frames,).
        mixture: Power of the recording, (frames,).
    """
    bell = np.ones(AROUND) / AROUND
    around = np.convolve(rest, bell, "same"), np.convolve(mixture, bell, "same")
    against = measure_loud(mixture)
    loud = 10 * np.log10((around[0] + QUIET) / (against + QUIET)) > LOUD
    share = 10 * np.log10((around[0] + QUIET) / (around[1] + QUIET)) > SHARE
    return np.asarray(loud & share & (around[0] > QUIET), np.bool_)


def find_unseen(
    likeness: Floats, asked: Sequence[float], audible: Marks, free: Marks
) -> list[tuple[Span, ...]]:
    """When each of the wanted voices speaks; never two at once.

    A compared window is longer than words, and least like anybody where they begin and end. So a
    stretch goes on for up to half a window to each side, while no visible person speaks.

    Args:
        likeness: Of the residual to each known voice, the wanted first, (voices, frames).
        asked: How alike each of the wanted must be.
        audible: Where there is a voice in the residual, (frames,).
        free: Where there is, and no visible person speaks, (frames,).
    """
    best = likeness.argmax(axis=0)
    marks = [
        audible & (best == voice) & (likeness[voice] > least) for voice, least in enumerate(asked)
    ]
    spans = [drop_short(bridge(find_spans(each), LONGEST_PAUSE), SHORTEST) for each in marks]
    taken = [mark_spans(each, 0, len(audible)) for each in spans]
    nobodys = free & ~np.any(taken, axis=0)
    return _part([_widen(each, nobodys) for each in spans], len(audible))


def _widen(spans: Sequence[Span], free: Marks) -> list[Span]:
    """Spans that go on over free frames to both sides, for half a window at most."""
    most = WINDOW * FRAME_RATE // RATE // 2
    wider = []
    for start, stop in spans:
        before, after = free[max(0, start - most) : start][::-1], free[stop : stop + most]
        wider.append((start - _count_first(before), stop + _count_first(after)))
    return wider


def _count_first(marks: Marks) -> int:
    """How many are set before the first that isn't."""
    return int(np.argmin(np.append(marks, np.False_)))


def _part(spans: Sequence[Sequence[Span]], frames: int) -> list[tuple[Span, ...]]:
    """The same without what bridged pauses have in common: that stays with the first."""
    taken = np.zeros(frames, np.bool_)
    parted = []
    for each in spans:
        own = mark_spans(each, 0, frames)
        parted.append(find_spans(own & ~taken))
        taken |= own
    return parted
