"""Stretches of voices and lips, at any pace."""

from __future__ import annotations

import pytest
import torch

from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.training.corpus import crop, read_lips
from device_set import drawer


def test_a_crop_at_pace_one_is_the_sound_itself(voices):
    who = torch.tensor([2, 0])
    cut = crop(voices, who, torch.ones(2), 20, drawer())
    for person, start, sound in zip(who, cut.start, cut.sound, strict=True):
        first = int(voices.first[person] + start * SAMPLES_PER_FRAME)
        truth = voices.sound[first : first + 20 * SAMPLES_PER_FRAME].float() / 32768
        torch.testing.assert_close(sound, truth)


def test_a_faster_crop_sounds_higher_and_its_lips_move_as_fast(voices):
    cut = crop(voices, torch.tensor([4]), torch.tensor([1.1]), 50, drawer())
    spectrum = torch.fft.rfft(cut.sound[0]).abs()
    peak = float(spectrum.argmax()) * SAMPLE_RATE / cut.sound.shape[1]
    assert peak == pytest.approx(1000 * 1.1, abs=3)
    lips = read_lips(voices, cut, 50)[0].T
    stored = voices.lips[int(voices.first[4]) // SAMPLES_PER_FRAME :].float()
    at = (cut.start[0] + 1.1 * torch.arange(50)).round().long() % 150
    torch.testing.assert_close(lips, stored[at])
