"""Losses are smallest where the result is right."""

from __future__ import annotations

import torch

from avsep.model.cues import lag_scores
from avsep.model.spectrum import analyse, synthesise
from avsep.training.losses import (
    direction_loss,
    phase_loss,
    separation_loss,
    sound_loss,
    synchrony_loss,
)


def test_the_right_lag_scores_best():
    truth = torch.randn(3, 10, 60, generator=torch.Generator().manual_seed(0))
    early = truth.roll(-4, -1)  # the cue says now what is heard four frames later
    assert (lag_scores(early, truth, 8).argmax(1) == 8 + 4).all()
    assert (synchrony_loss(truth, truth) < synchrony_loss(early, truth)).all()


def test_a_perfect_voice_has_the_smallest_loss():
    draw = torch.Generator().manual_seed(0)
    truth, other = (torch.randn(1, 321, 40, dtype=torch.cfloat, generator=draw) for _ in range(2))
    mixture = truth + other
    perfect = separation_loss(truth, truth, mixture)
    for voice in (mixture, other, 0 * truth, 0.5 * truth):
        assert (separation_loss(voice, truth, mixture) > perfect).all()


def test_a_lost_voice_costs_more_than_the_mixture_and_silence_costs_nothing_more():
    draw = torch.Generator().manual_seed(0)
    truth, other = torch.randn(2, 1, 16000, generator=draw)
    mixture = truth + other
    lost, kept = (sound_loss(voice, truth, mixture) for voice in (0.01 * other, mixture))
    assert (lost > kept + 0.5).all()
    energy = mixture.square().sum(1)
    exact = 10 ** (10 / 20) * truth + (truth.norm() / other.norm()) * (
        other - truth * (other * truth).sum() / truth.square().sum()
    )
    assert abs(float(direction_loss(exact, truth, energy)) + 1) < 0.05  # 10 dB
    assert float(direction_loss(other, 0 * truth, energy)) == 0.0


def test_what_overlapping_windows_cancel_is_hardly_an_error():
    draw = torch.Generator().manual_seed(0)
    truth, noise = (torch.randn(1, 321, 40, dtype=torch.cfloat, generator=draw) for _ in range(2))
    unheard = noise - analyse(synthesise(noise))
    heard = noise * unheard.norm() / noise.norm()
    assert synthesise(unheard).abs().max() < 1e-4
    silent, loud = (separation_loss(truth + error, truth, truth) for error in (unheard, heard))
    assert (silent < loud - 0.5).all()


def test_the_phase_loss_is_minus_one_at_the_true_phase():
    truth = torch.randn(2, 321, 40, dtype=torch.cfloat)
    phase = torch.stack([truth.real, truth.imag], 1) / truth.abs()[:, None]
    torch.testing.assert_close(phase_loss(phase, truth), -torch.ones(2))
