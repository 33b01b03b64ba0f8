"""A simulated cue is as good as lips, and no better."""

from __future__ import annotations

import torch

from avsep.training.simulated_cues import simulate_cue


def test_a_simulated_cue_resembles_the_truth_as_lips_do():
    draw = torch.Generator().manual_seed(0)
    truth = torch.randn(400, 10, 60, generator=draw)
    truth = truth + 1.5 * torch.randn(400, 1, 60, generator=draw)
    cue = simulate_cue(truth, draw)
    loudness = torch.stack([truth.mean(1), cue.mean(1)])
    correlation = torch.corrcoef(loudness.flatten(1))[0, 1]
    assert 0.2 < correlation < 0.7
    assert cue.std() < truth.std()
