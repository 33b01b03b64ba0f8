"""The spectrum gives the sound back, and means the same at every rate."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from avsep.model.spectrum import analyse, synthesise


@given(
    rate=st.sampled_from([8000, 16000, 44100, 48000, 96000]),
    frames=st.integers(3, 8),
    channels=st.integers(1, 2),
)
@settings(max_examples=15)
def test_analysis_and_synthesis_give_the_sound_back(rate: int, frames: int, channels: int):
    sound = torch.randn(channels, frames * rate // 25, generator=torch.Generator().manual_seed(0))
    back = synthesise(analyse(sound, rate), rate)
    edge = rate // 100  # half a window, where the recording itself ends
    torch.testing.assert_close(back[:, edge:-edge], sound[:, edge:-edge], atol=1e-4, rtol=1e-3)


def test_a_tone_has_the_same_bin_and_magnitude_at_every_rate():
    for rate in (16_000, 44_100, 48_000):
        time = torch.arange(rate) / rate
        spectrum = analyse(torch.sin(2 * torch.pi * 1000 * time)[None], rate).abs()
        assert spectrum[0, :, 50].argmax() == 1000 // 25
        assert spectrum[0, 40, 50].item() == pytest.approx(0.5, rel=1e-3)
