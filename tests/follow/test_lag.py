"""A delay of the sound is believed when several stretches agree."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from avsep.follow import lag as module
from avsep.follow.lag import NEEDED, Lag
from avsep.separation.comparison import LOOKED_AT, REACH, WINDOW
from avsep.separation.delay import Step

NETWORK = SimpleNamespace(config=SimpleNamespace(cue_bands=10))


@pytest.fixture
def late(monkeypatch):
    """Lips that agree best with a sound seven frames later."""
    scores = np.zeros(2 * REACH + 1)
    scores[REACH + 7] = 0.5
    monkeypatch.setattr(module, "compare", lambda *_: scores)


def see(start, stop, number=1):
    clip = SimpleNamespace(track=SimpleNamespace(start=start, stop=stop))
    return [SimpleNamespace(number=number, clips=(clip,))]


def test_enough_stretches_tell_the_delay_also_over_a_restart(late):
    lag = Lag(NETWORK, {})
    told = []
    for number in range(NEEDED + 2):
        assert lag.start == number * WINDOW
        told.append(lag.take(see(0, 9999), None))
        lag = Lag(NETWORK, json.loads(json.dumps(lag.dump())))
        assert lag.delay.of(1) == (Step(0, 7 if number + 1 >= NEEDED else 0),)
    assert told == [[]] * (NEEDED - 1) + [[1]] + [[]] * 2


def test_whoever_comes_later_is_compared_too_and_nobody_for_ever(monkeypatch):
    compared = []
    at = {1: 0, 2: -6}

    def compare(_, __, clip, ___):
        compared.append(clip.number)
        scores = np.zeros(2 * REACH + 1)
        scores[REACH + at[clip.number]] = 0.5
        return scores

    monkeypatch.setattr(module, "compare", compare)
    lag = Lag(NETWORK, {})
    for start in range(LOOKED_AT + 5):
        people = see(0, 99999) + (see(0, 99999, 2) if start > NEEDED else [])
        for person in people:
            person.clips[0].number = person.number
        assert lag.take(people, None) == ([2] if start == NEEDED + 1 else [])
    assert (lag.delay.of(1), lag.delay.of(2)) == ((Step(0, 0),), (Step(0, -6),))
    assert compared.count(1) == LOOKED_AT


def test_whoever_is_not_seen_all_along_tells_nothing(late):
    lag = Lag(NETWORK, {})
    for _ in range(6):
        assert not lag.take(see(lag.start + 1, lag.stop), None)
    assert lag.delay.frames == 0
