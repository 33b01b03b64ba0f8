"""Frames as editors count them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from avsep.outputs.counting import Counting


@pytest.mark.parametrize(
    ("rate", "drops", "last"),
    [
        (Fraction(25), False, "23:59:59:24"),
        (Fraction(30_000, 1001), True, "23:59:59;29"),
        # Numbers of this one are used up 86 s after midnight.
        (Fraction(30_000, 1001), False, "23:59:59:29"),
    ],
)
def test_the_frame_before_midnight_has_the_last_code_of_the_day(rate, drops, last):
    counting = Counting(rate, 0, drops)
    assert counting.write_code(-1) == counting.write_code(counting.day - 1) == last
    assert counting.write_code(counting.day)[:8] == "00:00:00"
