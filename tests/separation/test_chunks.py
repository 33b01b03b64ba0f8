"""Windows cover a recording exactly."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from avsep.separation.chunks import choose_length, cut_windows
from avsep.timeline import FRAME_RATE


@given(frames=st.integers(0, 500), length=st.integers(1, 120), context=st.integers(0, 60))
def test_every_picture_is_kept_once_with_its_context(frames: int, length: int, context: int):
    kept = []
    for window in cut_windows(frames, length, context):
        kept += range(window.keep_start, window.keep_stop)
        assert window.start == max(0, window.keep_start - context)
        assert window.stop == min(frames, window.keep_stop + context)
    assert kept == list(range(frames))


@given(frames=st.integers(1, 500), length=st.integers(61, 120), context=st.integers(0, 60))
def test_only_a_lone_window_keeps_less_than_its_context(frames: int, length: int, context: int):
    windows = [*cut_windows(frames, length, context)]
    for window in windows[1:]:
        assert window.keep_stop - window.keep_start >= context
    for one, other in pairwise(windows):
        assert one.keep_stop == other.keep_start
        assert one.keep_stop - one.keep_start == length


def test_windows_are_long_for_few_people_and_shorter_for_many():
    lengths = [choose_length(people) / FRAME_RATE for people in range(9)]
    assert lengths == [60, 60, 60, 40, 30, 30, 30, 30, 30]
