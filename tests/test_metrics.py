"""Scores mean what they say."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from avsep.metrics import energy_ratio, si_sdr


@given(gain=st.floats(0.01, 100), level=st.floats(-10, 30))
def test_si_sdr_ignores_gain_and_measures_the_noise(gain: float, level: float):
    draw = torch.Generator().manual_seed(0)
    truth = torch.randn(64_000, generator=draw, dtype=torch.float64)
    noise = torch.randn(64_000, generator=draw, dtype=torch.float64)
    noise -= (noise * truth).sum() / truth.square().sum() * truth
    noise *= (truth.square().sum() / noise.square().sum()).sqrt() * 10 ** (-level / 20)
    assert float(si_sdr(gain * (truth + noise), truth)) == pytest.approx(level, abs=1e-3)


def test_a_silent_voice_is_the_worst_of_all():
    truth = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    found = torch.stack([torch.zeros(1000), truth.roll(1), truth])
    silent, other, same = si_sdr(found, truth).tolist()
    assert silent < -90 < other < 20
    assert same > 90


def test_half_the_amplitude_is_six_decibels_less():
    sound = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    assert float(energy_ratio(sound / 2, sound)) == pytest.approx(-6.02, abs=0.01)
