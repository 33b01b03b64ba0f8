"""A sound shared out among several people, each of whom has some of its time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from avsep.arrays import Floats
from avsep.media.samples import BLOCK
from avsep.media.sound import SoundFileReader, SoundFileWriter, SoundLayout
from avsep.timeline import FRAME_RATE, Span, bridge


def divide_sound(source: Path, targets: Sequence[Path], spans: Sequence[tuple[Span, ...]]) -> None:
    """Part a sound into those of several people and what is left, which takes its place."""
    # In a folder of its own: a voice may have any name.
    with TemporaryDirectory(dir=source.parent) as folder:
        left = Path(folder, source.name)
        with ExitStack() as stack:
            sound = stack.enter_context(closing(SoundFileReader(source)))
            layout = SoundLayout(sound.sample_rate, sound.channels, sound.samples, "FLOAT")
            *parts, rest = (
                stack.enter_context(closing(SoundFileWriter(path, sound.sample_rate, layout)))
                for path in (*targets, left)
            )
            for start in range(0, sound.samples, BLOCK):
                stop = min(start + BLOCK, sound.samples)
                block = sound.read(start, stop)
                free = np.ones(stop - start, np.float32)
                whole = block
                for writer, each in zip(parts, spans, strict=True):
                    share = np.minimum(weigh(each, start, stop, sound.sample_rate), free)
                    free -= share
                    taken = whole * share
                    writer.write(taken)
                    block = block - taken
                rest.write(block)
        left.replace(source)


def weigh(spans: Sequence[Span], start: int, stop: int, rate: int) -> Floats:
    """Gain of samples from `start` up to `stop`: one within spans, slopes of a frame around.

    >>> weigh([(1, 2)], 0, 8, 50)
    array([0.25, 0.75, 1.  , 1.  , 0.75, 0.25, 0.  , 0.  ], dtype=float32)
    """
    if not spans:
        return np.zeros(stop - start, np.float32)
    # Where slopes would cross, the gain stays.
    apart = bridge(spans, pause=2)
    edges = np.array([(first - 1, first, last, last + 1) for first, last in apart], float)
    heights = np.tile([0.0, 1.0, 1.0, 0.0], len(apart))
    times = (np.arange(start, stop) + 0.5) * FRAME_RATE / rate
    return np.asarray(np.interp(times, edges.ravel(), heights), np.float32)
