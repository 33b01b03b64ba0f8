"""What is said when: the seam to speech recognisers, which hear nothing but speech."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from scipy.ndimage import uniform_filter1d

from avsep.arrays import Floats
from avsep.media.reading import Waveform
from avsep.media.sound import SoundFileReader
from avsep.timeline import FRAME_RATE, Span, bridge

# All chosen by hand.
PAUSE = FRAME_RATE  # frames of silence within what is recognised at once
ROOM = 5  # frames before and after speech that are recognised too
LONGEST = 10 * FRAME_RATE  # frames recognised at once: in more, sentences get lost
SOFT = 5  # frames over which it must be soft where speech is cut
# A caption ends at a pause, and before it grows longer than can be read: seconds, letters (two
# lines of 42, as broadcasters ask), and seconds.
LONGEST_CAPTION, MOST_LETTERS, PAUSE_BETWEEN = 6.0, 84, 0.8


@dataclass(frozen=True, slots=True)
class Caption:
    """Something that is said.

    Attributes:
        start: Seconds.
        stop: Seconds.
        text: The words.
        language: ISO 639 code; empty if the recogniser doesn't tell.
    """

    start: float
    stop: float
    text: str
    language: str = ""


# Hears one voice, 16 kHz mono; times count from the beginning of what it is given.
Recogniser: TypeAlias = Callable[[Waveform], list[Caption]]


def cut_stretches(speaking: Sequence[Span], powers: Floats) -> list[Span]:
    """What is to be recognised: speech with short pauses and a little room, in frames.

    Long speech is cut where the voice is softest.

    Args:
        speaking: Frames from which and up to which somebody speaks.
        powers: Of the voice, in each frame of the recording.
    """
    softness = uniform_filter1d(powers, SOFT, mode="nearest")
    stretches = []
    for first, last in bridge(speaking, PAUSE):
        start, stop = max(0, first - ROOM), min(len(powers), last + ROOM)
        while stop - start > LONGEST:
            middle = start + LONGEST // 2
            cut = middle + int(softness[middle : start + LONGEST].argmin()) + 1
            stretches.append((start, cut))
            start = cut
        stretches.append((start, stop))
    return stretches


def transcribe(voice: Path, stretches: Iterable[Span], recognise: Recogniser) -> Iterator[Caption]:
    """What a voice says in some stretches of a sound file, one after the other.

    Args:
        voice: Mono, at a rate that is a multiple of the frames'.
        stretches: In frames.
        recognise: Hears them.
    """
    with closing(SoundFileReader(voice)) as sound:
        per_frame = sound.sample_rate // FRAME_RATE
        for start, stop in stretches:
            samples = sound.read(start * per_frame, stop * per_frame)
            heard = recognise(Waveform(samples, sound.sample_rate))
            yield from _place(heard, start / FRAME_RATE, stop / FRAME_RATE)


def _place(heard: Iterable[Caption], start: float, stop: float) -> Iterator[Caption]:
    """Captions at their time in the recording; nothing empty, nothing outside the stretch."""
    for caption in heard:
        first = max(start, caption.start + start)
        last = min(stop, max(caption.stop, caption.start + 1 / FRAME_RATE) + start)
        text = " ".join(caption.text.split())
        if text and first < last:
            yield replace(caption, start=first, stop=last, text=text)


def group_words(words: Iterable[Caption]) -> list[Caption]:
    """Single words, each with the blank before it where its language has one, as captions."""
    captions: list[Caption] = []
    for word in words:
        last = captions[-1] if captions else None
        if last and _continues(last, word):
            captions[-1] = replace(last, stop=word.stop, text=last.text + word.text)
        else:
            captions.append(word)
    return [replace(caption, text=caption.text.strip()) for caption in captions]


def _continues(caption: Caption, word: Caption) -> bool:
    return (
        word.start - caption.stop < PAUSE_BETWEEN
        and word.stop - caption.start <= LONGEST_CAPTION
        and len(caption.text) + len(word.text) <= MOST_LETTERS
    )


def find_language(captions: Iterable[Caption]) -> str:
    """The language that is spoken most of the time; empty if that isn't known."""
    seconds: dict[str, float] = defaultdict(float)
    for caption in captions:
        seconds[caption.language] += caption.stop - caption.start
    return max(seconds, key=seconds.__getitem__, default="")
