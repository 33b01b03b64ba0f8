"""Loudness, measured twice: by ffmpeg as the project does, and by another library."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
import soundfile

from avsep.media.loudness import HIGHEST, Loudness, choose_gain, measure_loudness

RATE = 48_000


@pytest.fixture
def speech_like(tmp_path):
    """Noise in syllables with pauses between, six seconds, stereo."""
    random = np.random.default_rng(0)
    time = np.arange(6 * RATE) / RATE
    bursts = np.clip(np.sin(2 * np.pi * 3 * time), 0, 1) * (np.sin(2 * np.pi * 0.3 * time) > 0)
    sound = random.normal(0, 0.05, (len(time), 2)) * bursts[:, None]
    soundfile.write(tmp_path / "it's [loud].wav", sound, RATE, "FLOAT")
    return tmp_path / "it's [loud].wav"


def test_the_loudness_is_that_which_another_library_measures(speech_like):
    samples, rate = soundfile.read(speech_like)
    expected = pyloudnorm.Meter(rate).integrated_loudness(samples)
    assert measure_loudness(speech_like).integrated == pytest.approx(expected, abs=0.1)


def test_the_true_peak_is_not_below_the_highest_sample(speech_like):
    highest = 20 * np.log10(np.abs(soundfile.read(speech_like)[0]).max())
    assert highest - 0.01 <= measure_loudness(speech_like).peak <= highest + 3


def test_a_sound_of_many_minutes_is_as_loud_as_its_first_seconds(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.05, 10 * 8000).astype(np.float32)
    soundfile.write(tmp_path / "short.wav", noise, 8000)
    soundfile.write(tmp_path / "long.wav", np.tile(noise, 45), 8000)
    short, long = (measure_loudness(tmp_path / f"{name}.wav") for name in ("short", "long"))
    assert long.integrated == pytest.approx(short.integrated, abs=0.2)
    assert long.peak == pytest.approx(short.peak, abs=0.2)


def test_silence_gets_no_gain(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(RATE), RATE)
    assert choose_gain(measure_loudness(tmp_path / "a.wav")) == 0


def test_peaks_limit_the_gain():
    assert choose_gain(Loudness(-30.0, -12.0)) == 7
    assert choose_gain(Loudness(-30.0, -4.0)) == HIGHEST + 4
