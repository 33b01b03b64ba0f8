"""One speaker at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avsep.outputs.exclusive import choose_loudest


def test_of_those_who_speak_at_once_the_loudest_remains():
    powers = [np.full(100, 1.0), np.concatenate([np.full(60, 4.0), np.zeros(40)])]
    first, second = choose_loudest([((0, 50),), ((30, 60), (90, 95))], powers)
    assert first == ((0, 30),)
    assert second == ((30, 60), (90, 95))


def test_a_short_pause_hands_nobody_the_turn():
    loud = np.full(200, 4.0)
    loud[100:104] = 0
    first, second = choose_loudest([((0, 200),), ((50, 150),)], [loud, np.full(200, 1.0)])
    assert (first, second) == (((0, 200),), ())


def test_nobody_gets_a_turn_of_a_few_frames():
    powers = [np.full(400, 1.0), np.full(400, 1.0)]
    powers[1][:200] = 0.5
    powers[1][100:104] = 50  # a cough
    powers[1][200:] = 2
    whole = ((0, 400),)
    for found in choose_loudest([whole, whole], powers):
        assert all(stop - start >= 8 for start, stop in found)


@pytest.mark.parametrize("edge", [1, 5])
def test_nobody_gets_a_turn_of_a_few_frames_where_speech_begins_or_ends(edge):
    powers = [np.full(100, 1.0), np.full(100, 1.0)]
    powers[0][20:80] = 9
    early, late = (20 - edge, 60), (50, 80 + edge)
    first, second = choose_loudest([(early, late), ((20, 80),)], powers)
    for found in choose_loudest([((20, 80),), (early, late)], powers):
        assert all(stop - start >= 8 for start, stop in found if start >= 20 and stop <= 80)
    assert all(stop - start >= 8 for start, stop in (*first, *second))


def test_without_speakers_nobody_speaks():
    assert choose_loudest([], []) == []


@given(st.lists(st.lists(st.booleans(), min_size=40, max_size=40), min_size=1, max_size=4))
def test_somebody_speaks_whenever_somebody_spoke_and_never_two(rows):
    marks = np.array(rows)
    spans = [tuple((frame, frame + 1) for frame in np.flatnonzero(row).tolist()) for row in marks]
    powers = list(np.random.default_rng(0).random(marks.shape))
    alone = np.zeros(marks.shape, int)
    for row, found in enumerate(choose_loudest(spans, powers)):
        for start, stop in found:
            alone[row, start:stop] = 1
    assert (alone.sum(0) == marks.any(0)).all()
    assert (alone <= marks).all()
