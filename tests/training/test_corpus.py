"""Stretches of voices and lips, at any pace."""

from __future__ import annotations

import pytest
import torch

from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.training.corpus import Corpus, crop, read_lips
from device_set import drawer


def test_a_crop_at_pace_one_is_the_sound_itself(voices):
    who = torch.tensor([2, 0])
    cut = crop(voices, who, torch.ones(2), 20, drawer())
    for person, start, sound in zip(who, cut.start, cut.sound, strict=True):
        first = int(voices.first[person] + start * SAMPLES_PER_FRAME)
        truth = voices.sound[first : first + 20 * SAMPLES_PER_FRAME].float() / 32768
        torch.testing.assert_close(sound, truth)


@pytest.mark.parametrize("pace", [1.0, 1.07])
def test_a_crop_of_somebody_who_speaks_for_half_an_hour_is_as_good(pace):
    samples = 30 * 60 * SAMPLE_RATE
    turns = 2 * torch.pi * 1000 / SAMPLE_RATE
    time = torch.arange(samples, dtype=torch.float64)
    tone = (10_000 * torch.sin(turns * time)).round().to(torch.int16)
    corpus = Corpus(
        sound=tone,
        first=torch.tensor([0]),
        length=torch.tensor([samples]),
        lips=torch.zeros(samples // SAMPLES_PER_FRAME, 1, dtype=torch.float16),
        has_lips=torch.tensor([False]),
        weight=torch.ones(1, dtype=torch.float64),
        source=torch.tensor([0]),
        sources=("tone",),
        bands=1,
    )
    draw = drawer()
    for _ in range(8):
        cut = crop(corpus, torch.tensor([0]), torch.tensor([pace]), 25, draw)
        at = cut.start.double() * SAMPLES_PER_FRAME + cut.pace.double() * torch.arange(16_000)
        truth = 10_000 / 32_768 * torch.sin(turns * at)
        error = (cut.sound[0] - truth).square().mean() / truth.square().mean()
        assert 10 * torch.log10(error) < -50


def test_a_faster_crop_sounds_higher_and_its_lips_move_as_fast(voices):
    cut = crop(voices, torch.tensor([4]), torch.tensor([1.1]), 50, drawer())
    spectrum = torch.fft.rfft(cut.sound[0]).abs()
    peak = float(spectrum.argmax()) * SAMPLE_RATE / cut.sound.shape[1]
    assert peak == pytest.approx(1000 * 1.1, abs=3)
    lips = read_lips(voices, cut, 50)[0].T
    stored = voices.lips[int(voices.first[4]) // SAMPLES_PER_FRAME :].float()
    at = (cut.start[0] + 1.1 * torch.arange(50)).round().long() % 150
    torch.testing.assert_close(lips, stored[at])
