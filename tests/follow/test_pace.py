"""Faces are looked for less often only where a live recording would be lost otherwise."""

from __future__ import annotations

from avsep.follow.pace import PACES, Pace

RATE = 1000.0  # bytes a second


def run(pace, ticks):
    """Look every other second at (bytes that have come, seconds that wait)."""
    levels = []
    for tick, (arrived, waiting) in enumerate(ticks):
        pace.clock = lambda now=2.0 * tick: now
        pace.choose(arrived, RATE, waiting)
        levels.append(pace.level)
    return levels


def test_a_machine_that_falls_behind_looks_less_often_and_later_as_before():
    slow = [(2000 * n, 0.5 * n) for n in range(8)]
    fast = [(16_000 + 2000 * n, 0.1) for n in range(30)]
    levels = run(Pace(), slow + fast)
    assert levels[:3] == [0, 0, 0]
    assert levels[7] == len(PACES) - 1
    assert levels[-1] == 0


def test_a_recording_that_is_caught_up_with_is_searched_as_usual():
    assert set(run(Pace(), [(90_000, 80 - n) for n in range(20)])) == {0}
    assert set(run(Pace(), [(10_000 * n, 4 * n) for n in range(20)])) == {0}
