"""Turns that are told piece by piece are those of the whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from avsep.follow.turns import Turns
from avsep.separation.activity import find_speech, measure_loud

FRAMES = 700


@pytest.fixture
def measures():
    """Two people who speak now and then: powers, motion, seen, and the mixture."""
    rng = np.random.default_rng(3)
    active = np.repeat(rng.random((2, FRAMES // 10)) < 0.5, 10, axis=1)
    voices = (active * rng.uniform(0.5, 1, active.shape) + 1e-6).astype(np.float32)
    seen = np.ones_like(active)
    seen[1, :100] = False
    return voices, voices.sum(0), np.full_like(voices, 2.0), seen


@pytest.mark.parametrize("block", [1, 30, FRAMES])
def test_turns_told_in_pieces_are_those_of_the_whole_also_after_a_restart(measures, block):
    voices, mixture, motion, seen = measures
    turns, told = Turns(0), {1: [], 2: []}
    for start in range(0, FRAMES, block):
        part = slice(start, start + block)
        rows = np.stack([voices, motion, seen])[:, :, part].astype(np.float32)
        there = {number: rows[:, number - 1] for number in (1, 2) if seen[number - 1, part].any()}
        turns.take(mixture[part], there)
        last = start + block >= FRAMES
        for number, turn in turns.tell(float(np.percentile(mixture, 95)), over=last):
            told[number].append(turn)
        turns = Turns.load(json.loads(json.dumps(turns.dump())))
    expected = find_speech(voices, mixture, motion, seen, measure_loud(mixture))
    assert len(expected[0]) > 3
    for number, spans in enumerate(expected, 1):
        over = [turn for turn in told[number] if turn[1] is not None]
        begun = [turn[0] for turn in told[number] if turn[1] is None]
        assert over == list(spans)
        assert begun == [start for start, _ in spans]
        assert turns.talks[number].spans == list(spans)
