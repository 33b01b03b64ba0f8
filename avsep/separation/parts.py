"""The network over parts of a recording: the same voices as over the whole, to the sample."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import soundfile

from avsep.arrays import Sound
from avsep.faces.people import Person
from avsep.media.samples import BLOCK, writing_sound
from avsep.media.sound import SoundFileReader, SoundReader
from avsep.media.stretches import Cut
from avsep.separation.chunks import Window, choose_length, cut_windows
from avsep.separation.comparison import REACH
from avsep.separation.enhance import Engine, count_all, enhance_windows, measure_gain
from avsep.timeline import FRAME_RATE, Span, mark_spans

# Frames around a range in which faces are looked for, at least: a delay is only found where they
# are seen for some seconds.
AROUND = 5 * FRAME_RATE
FOUND = FRAME_RATE  # frames in which a face that appears is surely found


def choose_context(engine: Engine) -> int:
    """Frames around a range in which faces must be known for its voices."""
    return max(AROUND, engine.network.config.context + REACH + FOUND)


def find_samples(cut: Cut, sound: SoundReader) -> list[Span]:
    """The samples that are wanted, at the rate that is worked at.

    They begin with a sample of the source, whatever that rate is.
    """
    rate = cut.source.sample_rate

    def find(time: float) -> int:
        return min(sound.samples, round(round(time * rate) * sound.sample_rate / rate))

    return [(find(start), find(stop)) for start, stop in cut.stretches] or [(0, sound.samples)]


def separate_spans(
    engine: Engine,
    sound: SoundReader,
    people: Sequence[Person],
    wanted: Sequence[bool],
    spans: Sequence[Span],
) -> Iterator[Sound]:
    """The voice of each wanted person in some parts of a recording, one after the other.

    Args:
        engine: Network that separates.
        sound: Of the whole recording.
        people: Everybody visible in the parts and around them.
        wanted: Of each of them, whether their voice is asked for.
        spans: The parts, in samples.

    Yields:
        Blocks as `enhance` does.
    """
    per_frame = sound.sample_rate // FRAME_RATE
    gain = measure_gain(sound)
    for start, stop in spans:
        windows = _cut(engine, sound, people, (start, stop))
        position = start // per_frame * per_frame
        for block in enhance_windows(engine, sound, people, wanted, windows, gain):
            yield block[..., max(0, start - position) : stop - position]
            position += block.shape[-1]


def count_blocks(
    engine: Engine, sound: SoundReader, people: Sequence[Person], spans: Sequence[Span]
) -> int:
    """How many blocks `separate_spans` makes."""
    return sum(1 for span in spans for _ in _cut(engine, sound, people, span))


def _cut(
    engine: Engine, sound: SoundReader, people: Sequence[Person], span: Span
) -> Iterator[Window]:
    per_frame = sound.sample_rate // FRAME_RATE
    frames = span[0] // per_frame, ceil(span[1] / per_frame)
    length = choose_length(len(people))
    return cut_windows(count_all(sound), length, engine.network.config.context, frames)


def fill_gaps(blocks: Iterator[Sound], spans: Sequence[Span], samples: int) -> Iterator[Sound]:
    """Blocks of parts with silence before, between and behind them.

    Args:
        blocks: Of the parts, one after the other, (voices, channels, samples).
        spans: Where the parts lie, in samples.
        samples: Length of the whole.
    """
    position, shape = 0, None
    for start, stop in spans:
        length = 0
        silence = start - position
        while length < stop - start:
            block = next(blocks)
            shape = block.shape[:-1]
            yield from _be_silent(shape, silence)
            yield block
            silence, length = 0, length + block.shape[-1]
        position = stop
    deque(blocks, maxlen=0)  # nothing is left, and who counts the blocks learns of it
    if shape:
        yield from _be_silent(shape, samples - position)


def _be_silent(shape: Sequence[int], samples: int) -> Iterator[Sound]:
    """Silence in blocks."""
    edges = [*range(0, samples, BLOCK), samples]
    for start, stop in pairwise(edges):
        yield np.zeros((*shape, stop - start), np.float32)


class PartialReader(SoundFileReader):
    """A sound file that is silent outside some parts."""

    def __init__(self, path: Path, spans: Sequence[Span], weights: Sound | None) -> None:
        super().__init__(path, weights)
        self._spans = spans

    def read(self, start: int, stop: int) -> Sound:
        """Samples ``start`` to ``stop``, (channels, stop - start)."""
        block = super().read(start, stop)
        return block * mark_spans(self._spans, start, stop)


def copy_part(sound: SoundFileReader, span: Span, target: Path) -> SoundFileReader:
    """A part of a sound as a file of its own, opened."""
    with (
        writing_sound(target),
        soundfile.SoundFile(
            target, "w", sound.sample_rate, sound.channels, "FLOAT", format="RF64"
        ) as file,
    ):
        for start in range(*span, BLOCK):
            file.write(sound.read(start, min(start + BLOCK, span[1])).T)
    return SoundFileReader(target, sound.weights)


def open_part(cut: Cut, sound: SoundFileReader, spans: Sequence[Span]) -> SoundFileReader:
    """What voices and rest are to add up to.

    Args:
        cut: What is wanted of the recording.
        sound: Of the whole.
        spans: The parts that are wanted, in samples.
    """
    if cut.info is not cut.source:
        return copy_part(sound, spans[0], sound.path.with_name("part.wav"))
    return PartialReader(sound.path, spans, sound.weights)
