"""Where a person's voice is given: while the mouth is seen, and when it is lost for a moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avsep.arrays import Marks
from avsep.faces.people import Person
from avsep.timeline import bridge, find_spans, mark_spans

# Frames without a mouth over which a voice goes on: a hand, a turned head, a face found late.
# Separators learn with faces that are hidden for up to a second.
LONGEST_GAP = 24


def mark_present(
    person: Person, start: int, stop: int, frames: int, everybody: Sequence[Person] = ()
) -> Marks:
    """Where the voice of a person is given, from one frame up to another, (stop - start,).

    Args:
        person: Whose.
        start: First frame.
        stop: Frame after the last one.
        frames: Length of the recording: somebody who is seen right after its beginning, or until
            shortly before its end, is there from the beginning, and to the end.
        everybody: Where their face is one of these people's, because somebody who was taken for
            one person was divided into two, they are not lost but elsewhere.
    """
    first, last = start - LONGEST_GAP, stop + LONGEST_GAP
    time = np.arange(first, last)
    certain = person.mark_seen(first, last) | (time < 0) | (time >= frames)
    spans = bridge(find_spans(certain), LONGEST_GAP)
    present = mark_spans([(a + first, b + first) for a, b in spans], start, stop)
    own = {clip.path for clip in person.clips}
    taken = [
        clip.track.span
        for other in everybody
        if other is not person
        for clip in other.clips
        if clip.path in own
    ]
    there: Marks = present & ~mark_spans(taken, start, stop)
    return there
