"""Which pieces a replay is made of."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avsep.outputs.replay.plan import Piece, plan_replay
from avsep.timeline import find_spans

SPEAKING = [((0, 100),), ((60, 90), (96, 160)), ((300, 400),)]


def test_crosstalk_follows_once_for_each_who_speaks():
    assert plan_replay(400, SPEAKING[:2], 25, 10) == [
        Piece(0, 60),
        Piece(60, 100),
        Piece(60, 100, 0),
        Piece(60, 100, 1),
        Piece(100, 400),
    ]


def test_short_crosstalk_is_not_played_again():
    assert plan_replay(400, SPEAKING[:2], 41, 10) == [Piece(0, 400)]


def test_the_gap_decides_what_is_one_stretch():
    apart = plan_replay(400, SPEAKING[:2], 4, 5)
    assert [(p.start, p.stop) for p in apart if p.speaker == 0] == [(60, 90), (96, 100)]


def test_who_is_silent_in_a_stretch_is_not_played():
    assert 2 not in {piece.speaker for piece in plan_replay(400, SPEAKING, 25, 10)}


@given(st.lists(st.lists(st.booleans(), min_size=40, max_size=40), max_size=4))
def test_the_recording_itself_is_played_whole_and_in_order(marks):
    speaking = [find_spans(np.array(row)) for row in marks]
    played = [p for p in plan_replay(40, speaking, 2, 1) if p.speaker is None]
    frames = [n for piece in played for n in range(piece.start, piece.stop)]
    assert frames == list(range(40))
