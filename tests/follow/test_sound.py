"""The sound so far: what of it is kept, and its level."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.follow import sound as module
from avsep.follow.sound import RecentSound
from avsep.separation.enhance import measure_gain

RATE = 8000


def test_the_last_of_a_long_sound_is_kept_and_all_of_it_is_measured(monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2)
    samples = np.random.default_rng(0).normal(0, 0.1, (2, 9 * RATE)).astype(np.float32)
    samples[:, 4 * RATE : 5 * RATE] *= 1e-4
    recent = RecentSound(RATE, 2)
    for second in range(9):
        recent.append(samples[:, second * RATE : (second + 1) * RATE])
        recent.listen((second + 1) * 25)
        start = max(0, second - 1) * RATE
        kept = recent.read(start, recent.samples + 10)
        assert (kept[:, :-10] == samples[:, start : recent.samples]).all()
        assert (kept[:, -10:] == 0).all()
    whole = RecentSound(RATE, 2)
    monkeypatch.undo()
    full = RecentSound(RATE, 2)
    full.append(samples)
    assert recent.measure_gain() == pytest.approx(measure_gain(full), rel=1e-5)
    assert whole.measure_gain() == 1.0
