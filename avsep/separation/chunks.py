"""A long recording in pieces, such that nobody can hear where they were cut.

The network's reach is finite. A piece that carries that much context on both sides gives the
same output as the whole recording would; at its ends the recording itself ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from avsep.timeline import FRAME_RATE, Span, widen

# Of each window the context is computed in vain, so they are long; and as many faces as are seen
# lie in memory side by side, so they are short where there are many.
LONGEST, SHORTEST = 60 * FRAME_RATE, 30 * FRAME_RATE
FACE_FRAMES = 120 * FRAME_RATE  # in one window, unless it were shorter than the shortest


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a recording; all positions are frames.

    Attributes:
        start: First frame to compute.
        stop: Frame after the last one to compute.
        keep_start: First frame whose output is kept.
        keep_stop: Frame after the last one whose output is kept.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int

    @property
    def kept(self) -> Span:
        """Those, counted from the first one to compute."""
        return self.keep_start - self.start, self.keep_stop - self.start


def choose_length(people: int) -> int:
    """Frames to keep of each window, if so many people may be seen in it."""
    return min(LONGEST, max(SHORTEST, FACE_FRAMES // max(people, 1)))


def cut_windows(
    frames: int, length: int, context: int, wanted: Span | None = None
) -> Iterator[Window]:
    """Windows that keep every frame exactly once.

    What is left at the end goes with the window before if it is shorter than the context: of that
    alone more would be computed than kept.

    Args:
        frames: Length of the recording, frames.
        length: Frames kept of each window.
        context: Frames the network looks to each side.
        wanted: Those that are kept; by default all.
    """
    first, last = wanted or (0, frames)
    starts = [*range(first, last, length)]
    if len(starts) > 1 and last - starts[-1] < context:
        starts.pop()
    for keep_start, keep_stop in pairwise([*starts, last] if starts else []):
        kept = keep_start, keep_stop
        yield Window(*widen(kept, context, frames), *kept)
