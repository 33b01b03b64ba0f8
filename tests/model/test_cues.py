"""The coarse spectrum that lips tell."""

from __future__ import annotations

import librosa
import numpy as np
import torch

from avsep.model.cues import HIGHEST, LOWEST, QUIET, coarse_spectrum, mel_filters
from avsep.model.spectrum import analyse


def test_a_coarse_spectrum_knows_loudness_but_not_the_volume_knob():
    draw = torch.Generator().manual_seed(0)
    syllables = (torch.rand(40, generator=draw) > 0.4).repeat_interleave(640) + 0.05
    sound = (0.1 * syllables * torch.randn(25_600, generator=draw))[None]
    cue = coarse_spectrum(analyse(sound), 10)
    louder = coarse_spectrum(analyse(3 * sound), 10)
    torch.testing.assert_close(cue, louder, atol=0.05, rtol=0)
    loud = syllables.view(40, 640).mean(1) > 1
    assert cue[0].mean(0)[loud].min() > cue[0].mean(0)[~loud].max()


def test_silence_has_the_cue_of_a_closed_mouth():
    assert (coarse_spectrum(analyse(torch.zeros(1, 6400)), 10) == QUIET).all()


def test_the_mel_filters_are_librosa_s():
    theirs = librosa.filters.mel(sr=16_000, n_fft=640, n_mels=10, fmin=LOWEST, fmax=HIGHEST)
    np.testing.assert_allclose(mel_filters(10).numpy(), theirs, atol=1e-7)
