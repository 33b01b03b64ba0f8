"""A delay of the sound is believed when several stretches agree."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from avsep.follow import lag as module
from avsep.follow.lag import NEEDED, Lag
from avsep.separation.delay import REACH, WINDOW, WINDOWS

NETWORK = SimpleNamespace(config=SimpleNamespace(cue_bands=10))


@pytest.fixture
def late(monkeypatch):
    """Lips that agree best with a sound seven frames later."""
    scores = np.zeros(2 * REACH + 1)
    scores[REACH + 7] = 0.5
    monkeypatch.setattr(module, "compare", lambda *_: scores)


def see(start, stop):
    clip = SimpleNamespace(track=SimpleNamespace(start=start, stop=stop))
    return [SimpleNamespace(clips=(clip,))]


def test_enough_stretches_tell_the_delay_also_over_a_restart(late):
    lag = Lag(NETWORK, {})
    told = []
    for number in range(WINDOWS):
        assert lag.start == number * WINDOW
        assert not lag.is_sure
        told.append(lag.take(see(0, 9999), None))
        lag = Lag(NETWORK, json.loads(json.dumps(lag.dump())))
        assert lag.delay.frames == (7 if number + 1 >= NEEDED else 0)
    assert told.index(True) == NEEDED - 1
    assert sum(told) == 1
    assert lag.is_sure


def test_whoever_is_not_seen_all_along_tells_nothing(late):
    lag = Lag(NETWORK, {})
    for _ in range(WINDOWS):
        assert not lag.take(see(lag.start + 1, lag.stop), None)
    assert lag.delay.frames == 0
