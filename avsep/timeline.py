"""The clock of a recording: 25 frames a second, and spans of frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from avsep.arrays import Marks

Span: TypeAlias = tuple[int, int]  # frames: from, up to
Seconds: TypeAlias = tuple[float, float]  # the same in seconds


def find_spans(marks: Marks) -> tuple[Span, ...]:
    """The unbroken stretches of what is marked.

    >>> find_spans(np.array([False, True, True, False, True]))
    ((1, 3), (4, 5))
    """
    edges = np.flatnonzero(np.diff(marks.astype(np.int8), prepend=0, append=0))
    return tuple((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def mark_spans(spans: Iterable[Span], start: int, stop: int) -> Marks:
    """What lies in any of the spans, from ``start`` up to ``stop``; any unit, (stop - start,).

    >>> mark_spans([(1, 3), (4, 9)], 2, 6)
    array([ True, False,  True,  True])
    """
    marks = np.zeros(stop - start, np.bool_)
    for first, last in spans:
        marks[max(0, first - start) : max(0, last - start)] = True
    return marks


def bridge(spans: Iterable[Span], pause: int) -> tuple[Span, ...]:
    """Join spans with no more than `pause` frames between them.

    >>> bridge([(0, 3), (5, 9), (20, 30)], 2)
    ((0, 9), (20, 30))
    """
    joined: list[Span] = []
    for start, stop in spans:
        if joined and start - joined[-1][1] <= pause:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return tuple(joined)


def drop_short(spans: Iterable[Span], shortest: int) -> tuple[Span, ...]:
    """Leave out spans of fewer frames."""
    return tuple((start, stop) for start, stop in spans if stop - start >= shortest)


def widen(span: Span, frames: int, last: int) -> Span:
    """So many frames more to each side, none of them before 0 or from `last` on.

    >>> widen((3, 50), 5, 52)
    (0, 52)
    """
    return max(0, span[0] - frames), min(last, span[1] + frames)


def in_seconds(span: Span) -> Seconds:
    """A stretch of frames as seconds.

    >>> in_seconds((3, 50))
    (0.12, 2.0)
    """
    return span[0] / FRAME_RATE, span[1] / FRAME_RATE


FRAME_RATE = 25


def count_frames(seconds: float) -> int:
    """Frames of a part that is so long, one at least.

    >>> count_frames(2.5), count_frames(0.001)
    (62, 1)
    """
    return max(1, round(seconds * FRAME_RATE))
