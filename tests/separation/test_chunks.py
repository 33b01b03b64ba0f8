"""Windows cover a recording exactly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from avsep.separation.chunks import cut_windows


@given(frames=st.integers(0, 500), length=st.integers(1, 120), context=st.integers(0, 60))
def test_every_picture_is_kept_once_with_its_context(frames: int, length: int, context: int):
    kept = []
    for window in cut_windows(frames, length, context):
        kept += range(window.keep_start, window.keep_stop)
        assert window.start == max(0, window.keep_start - context)
        assert window.stop == min(frames, window.keep_stop + context)
    assert kept == list(range(frames))
