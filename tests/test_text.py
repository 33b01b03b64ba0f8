"""Numbers as people read them."""

from __future__ import annotations

import pytest

from avsep.text import clock


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (75.04, "1:15.0"), (3661, "1:01:01.0")],
)
def test_times_are_shown_as_players_show_them(seconds, shown):
    assert clock(seconds) == shown
