"""The coarse spectrum that lips tell."""

from __future__ import annotations

import librosa
import numpy as np
import torch

from avsep.model.cues import HIGHEST, LOWEST, QUIET, coarse_spectrum, heard_cue, mel_filters
from avsep.model.spectrum import COARSE, analyse


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


def make_speech(seed: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    syllables = (torch.rand(100, generator=draw) > 0.4).repeat_interleave(640) + 0.05
    return (0.1 * syllables * torch.randn(64_000, generator=draw))[None]


def listen_to(voice: torch.Tensor, mixture: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    spectra = (analyse(sound, transform=COARSE) for sound in (voice, mixture))
    return heard_cue(*spectra, torch.tensor([0]), seen, 10)


def test_a_voice_that_was_found_tells_what_its_lips_would_have_told():
    voice, mixture = make_speech(1), make_speech(1) + make_speech(2)
    seen = torch.ones(1, 100, dtype=torch.bool)
    cue, told = listen_to(voice, mixture, seen), coarse_spectrum(analyse(voice), 10)
    pairs = torch.stack([cue.mean(1)[0], told.mean(1)[0]])
    assert torch.corrcoef(pairs)[0, 1] > 0.9
    assert (cue - told).mean().abs() < 0.5
    torch.testing.assert_close(listen_to(0.1 * voice, 0.1 * mixture, seen), cue, atol=0.05, rtol=0)


def test_who_is_far_below_what_is_heard_is_told_to_be_soft():
    voice, mixture = make_speech(1), make_speech(1) + make_speech(2)
    seen = torch.ones(1, 100, dtype=torch.bool)
    whole, leaked = (listen_to(gain * voice, mixture, seen) for gain in (1.0, 0.03))
    louder = whole.mean(1) > 0
    assert (leaked.mean(1) < whole.mean(1) - 1.5)[louder].all()


def test_where_a_face_is_not_seen_its_voice_does_not_count():
    voice = make_speech(1)
    seen = torch.ones(1, 100, dtype=torch.bool)
    seen[:, 50:] = False
    louder = voice.clone()
    louder[:, 50 * 640 + 640 :] *= 10  # a frame more: windows reach into the next one
    cue, same = (listen_to(sound, make_speech(2), seen) for sound in (voice, louder))
    torch.testing.assert_close(same[..., :49], cue[..., :49])


def test_the_mel_filters_are_librosa_s():
    theirs = librosa.filters.mel(sr=16_000, n_fft=640, n_mels=10, fmin=LOWEST, fmax=HIGHEST)
    np.testing.assert_allclose(mel_filters(10).numpy(), theirs, atol=1e-7)
