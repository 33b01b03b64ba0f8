"""Where somebody is heard while every mouth that is seen stands still, as in a frozen picture."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from avsep.arrays import Floats, Marks
from avsep.faces.motion import STILL
from avsep.separation.activity import INAUDIBLE, LOUD, average, to_decibels
from avsep.text import clock
from avsep.timeline import FRAME_RATE, Span, drop_short, find_spans, mark_spans

SHORTEST = 2 * FRAME_RATE  # frames that a stretch lasts
# Share of the frames around, as many, in which no mouth moves. In thirteen videos (three examples,
# ten debates of `tools/debates.py`) it was 0.08 at most; where the picture of one was frozen 0.84,
# since a mouth that stands still is cut out anew now and then, a hair elsewhere.
STANDING = 0.5
LEAST = 8  # frames for which a picture stands still at once: one of five a second doesn't
HEARD = 0.5  # share of them in which there is something to hear
TOLD = 3  # stretches that are named


def find_standstills(
    mixture: Floats, motion: Floats, present: Marks, loud: float
) -> tuple[Span, ...]:
    """The stretches in which people are seen, nobody's lips move, and somebody is heard.

    Args:
        mixture: Power of the recording, (frames,).
        motion: Of each person's mouth as `measure_motion` finds it, (people, frames).
        present: Where each person is seen, (people, frames).
        loud: Power of the loud parts of the recording.
    """
    moving = (present & (motion >= STILL)).any(0)
    unmoved: Marks = np.asarray(present.any(0) & ~moving)
    still = mark_spans(drop_short(find_spans(unmoved), LEAST), 0, len(unmoved))
    audible: Marks = (to_decibels(mixture, loud) > LOUD) & (mixture > INAUDIBLE)
    standing: Marks = average(still.astype(np.float32), SHORTEST) >= STANDING
    return tuple(
        (start, stop)
        for start, stop in find_spans(standing)
        if stop - start >= SHORTEST and audible[start:stop].mean() >= HEARD
    )


def tell_standstills(spans: Iterable[Span]) -> list[str]:
    """A sentence, if there are any."""
    times = [f"{clock(start / FRAME_RATE)} to {clock(stop / FRAME_RATE)}" for start, stop in spans]
    if not times:
        return []
    more = f" and {len(times) - TOLD} times more" if len(times) > TOLD else ""
    return [
        f"Somebody is heard while nobody's lips move, from {', from '.join(times[:TOLD])}{more}:"
        " where the picture stands still, or somebody speaks whom it doesn't show, the voices are"
        " guesses."
    ]
