"""Where a person's voice is given: while the mouth is seen, and when it is lost for a moment."""

from __future__ import annotations

import numpy as np

from avsep.arrays import Marks
from avsep.faces.people import Person
from avsep.timeline import bridge, find_spans, mark_spans

# Frames without a mouth over which a voice goes on: a hand, a turned head, a face found late.
# Separators learn with faces that are hidden for up to a second.
LONGEST_GAP = 24


def mark_present(person: Person, start: int, stop: int, frames: int) -> Marks:
    """Where the voice of a person is given, from one frame up to another, (stop - start,).

    Args:
        person: Whose.
        start: First frame.
        stop: Frame after the last one.
        frames: Length of the recording: somebody who is seen right after its beginning, or until
            shortly before its end, is there from the beginning, and to the end.
    """
    first, last = start - LONGEST_GAP, stop + LONGEST_GAP
    time = np.arange(first, last)
    certain = person.mark_seen(first, last) | (time < 0) | (time >= frames)
    spans = bridge(find_spans(certain), LONGEST_GAP)
    return mark_spans([(a + first, b + first) for a, b in spans], start, stop)
