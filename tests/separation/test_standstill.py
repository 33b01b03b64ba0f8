"""Mouths that all stand still while somebody is heard."""

from __future__ import annotations

import numpy as np

from avsep.separation.standstill import find_standstills, tell_standstills

FRAMES = 400
LOUD = 0.01  # power


def make(still=(100, 200)):
    """A loud mixture, and two people who are seen and whose mouths move but in some frames."""
    motion = np.full((2, FRAMES), 2.0, np.float32)
    motion[:, slice(*still)] = 0.1
    return np.full(FRAMES, LOUD, np.float32), motion, np.ones((2, FRAMES), bool)


def find(mixture, motion, present, loud=LOUD):
    return find_standstills(mixture, motion, present, loud)


def find_one(*signals):
    ((start, stop),) = find(*signals)
    return start, stop


def test_a_frozen_picture_is_found():
    mixture, motion, present = make()
    motion[:, 130:138] = 1.0  # the mouth is cut out anew, a hair elsewhere
    assert np.abs(np.subtract(find_one(mixture, motion, present), (100, 200))).max() <= 2


def test_mouths_that_move_seldom_or_stand_still_for_a_second_are_none():
    assert not find(*make((100, 125)))
    mixture, motion, present = make()
    motion[:, ::5] = 1.0  # as of five pictures a second
    assert not find(mixture, motion, present)


def test_one_who_moves_is_enough_and_who_is_not_seen_does_not_count():
    mixture, motion, present = make()
    motion[1] = 2.0
    assert not find(mixture, motion, present)
    present[1, 100:200] = False
    assert find(mixture, motion, present)
    present[0, 100:200] = False  # nobody is seen: that is another matter
    assert not find(mixture, motion, present)


def test_where_nobody_is_heard_nothing_is_told():
    mixture, motion, present = make()
    mixture[100:200] = 1e-8
    assert not find(mixture, motion, present)
    assert find(mixture, motion, present, loud=1e-8)
    assert not find(np.zeros_like(mixture), motion, present, loud=0.0)  # digital silence


def test_times_are_told_three_of_many():
    assert tell_standstills([]) == []
    (one,) = tell_standstills([(250, 500)])
    assert "from 0:10.0 to 0:20.0:" in one
    (many,) = tell_standstills([(n * 250, n * 250 + 100) for n in range(5)])
    assert "from 0:20.0 to 0:24.0 and 2 times more:" in many
