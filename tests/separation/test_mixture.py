"""A recording as the network hears it."""

from __future__ import annotations

import pytest

from avsep.separation.mixture import working_rate


@pytest.mark.parametrize(
    ("source", "rate"),
    [(48_000, 48_000), (44_100, 44_100), (22_050, 44_100), (11_025, 44_100), (37_127, 48_000)],
)
def test_the_working_rate_has_whole_hops(source, rate):
    assert working_rate(source) == rate
