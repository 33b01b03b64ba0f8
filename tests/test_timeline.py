"""Spans of the timeline."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avsep.timeline import bridge, find_spans


@given(st.lists(st.booleans(), max_size=30))
def test_spans_mark_what_they_came_from(marks):
    back = np.zeros(len(marks), np.bool_)
    for start, stop in find_spans(np.array(marks, np.bool_)):
        back[start:stop] = True
    assert back.tolist() == marks


def test_spans_that_nearly_touch_are_joined():
    assert bridge([(0, 3), (5, 9), (20, 30)], 2) == ((0, 9), (20, 30))
