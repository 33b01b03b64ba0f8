"""Who speaks when: told by the separated voices and by the lips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from avsep.media import FRAME_RATE

Floats: TypeAlias = NDArray[np.float32]
Marks: TypeAlias = NDArray[np.bool_]
Span: TypeAlias = tuple[int, int]  # pictures: from, up to
Seconds: TypeAlias = tuple[float, float]  # the same in seconds

QUIET = 1e-12  # added to powers, so that silence has a level
AROUND = 7  # pictures over which powers are averaged
LOUD = -28.0  # dB against the loud parts of the recording that speech must reach
SHARE = -18.0  # dB against the recording at that moment, if the lips move
SHARE_OF_STILL = -8.0  # dB, if they don't
MOVED = 15  # pictures over which motion is averaged
STILL = 0.5  # mean change of the mouth's greys from one picture to the next
LONGEST_PAUSE = 8  # pictures without speech that do not end a stretch of it
SHORTEST = 8  # pictures that a stretch of speech must last


def find_speech(
    voices: Floats, mixture: Floats, motion: Floats, seen: Marks
) -> list[tuple[Span, ...]]:
    """The stretches in which each person speaks.

    Args:
        voices: Power of each separated voice in every picture, (people, pictures).
        mixture: Power of the recording, (pictures,).
        motion: Of each person's mouth as `measure_motion` finds it, (people, pictures).
        seen: Where each person is seen, (people, pictures).
    """
    loud = np.percentile(mixture, 95)
    voices, mixture = _average(voices, AROUND), _average(mixture, AROUND)
    share = np.where(_average(motion, MOVED) < STILL, SHARE_OF_STILL, SHARE)
    speaks = seen & (_decibels(voices, loud) > LOUD) & (_decibels(voices, mixture) > share)
    return [drop_short(bridge(find_spans(row))) for row in speaks]


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


def find_spans(marks: Marks) -> tuple[Span, ...]:
    """The unbroken stretches of what is marked.

    >>> find_spans(np.array([False, True, True, False, True]))
    ((1, 3), (4, 5))
    """
    edges = np.flatnonzero(np.diff(marks.astype(np.int8), prepend=0, append=0))
    return tuple((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def bridge(spans: Iterable[Span], pause: int = LONGEST_PAUSE) -> tuple[Span, ...]:
    """Join spans with no more than `pause` pictures between them.

    >>> bridge([(0, 3), (5, 9), (20, 30)], 2)
    ((0, 9), (20, 30))
    """
    joined: list[Span] = []
    for start, stop in spans:
        if joined and start - joined[-1][1] <= pause:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return tuple(joined)


def drop_short(spans: Iterable[Span], shortest: int = SHORTEST) -> tuple[Span, ...]:
    """Leave out spans of fewer pictures."""
    return tuple((start, stop) for start, stop in spans if stop - start >= shortest)


def measure_powers(blocks: Iterable[Floats], samples: int) -> Floats:
    """Mean square of each picture's length of a sound.

    Args:
        blocks: Consecutive, of one channel, each but the last a whole number of pictures long.
        samples: In one picture.
    """
    powers = [np.zeros(0, np.float32)]
    for block in blocks:
        whole = np.pad(block, (0, -len(block) % samples))
        powers.append(np.square(whole.reshape(-1, samples)).mean(1))
    return np.concatenate(powers)


def measure_motion(mouths: NDArray[np.uint8]) -> Floats:
    """How much the middle of each picture of a mouth differs from the one before.

    Shape: (pictures + 1, side, side) -> (pictures,), mean difference of greys
    """
    edge = mouths.shape[-1] // 5
    middle = mouths[:, edge:-edge, edge:-edge].astype(np.int16)
    motion: Floats = np.abs(np.diff(middle, axis=0)).mean((1, 2), dtype=np.float32)
    return motion


def _average(values: Floats, pictures: int) -> Floats:
    """Mean over the moment around each picture."""
    averaged: Floats = uniform_filter1d(values, pictures, axis=-1, mode="constant")
    return averaged


def _decibels(power: Floats, reference: Floats | np.floating) -> Floats:
    ratio: Floats = 10 * np.log10((power + QUIET) / (reference + QUIET))
    return ratio


def in_seconds(span: Span) -> Seconds:
    """A stretch of pictures as seconds.

    >>> in_seconds((3, 50))
    (0.12, 2.0)
    """
    return span[0] / FRAME_RATE, span[1] / FRAME_RATE
