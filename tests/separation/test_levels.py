"""Levels and sample formats of finished voices."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
import soundfile

from avsep.options import Options
from avsep.separation.levels import finish_voice, spare_together
from avsep.separation.stems import VoiceFiles

RATE = 44_100
SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}


@pytest.fixture
def make_raw(tmp_path):
    """Make a voice of four seconds with this highest sample."""

    def make(peak: float) -> tuple[VoiceFiles, np.ndarray]:
        noise = np.random.default_rng(0).normal(0, 1, (4 * RATE, 2))
        sound = (noise / np.abs(noise).max() * peak).astype(np.float32)
        folder = tmp_path / "raw"
        folder.mkdir()
        soundfile.write(folder / "Anna.wav", sound, RATE, "FLOAT")
        narrow = sound[: 4 * 16_000].mean(1)
        soundfile.write(folder / "Anna.16k.wav", narrow, 16_000, "FLOAT")
        return VoiceFiles(folder / "Anna.wav", folder / "Anna.16k.wav"), sound

    return make


def loudness(path) -> float:
    samples, rate = soundfile.read(path)
    return pyloudnorm.Meter(rate).integrated_loudness(samples)


def test_without_a_wish_the_samples_stay_as_they_are(make_raw, tmp_path):
    raw, sound = make_raw(1.4)
    done = finish_voice(raw, tmp_path, Options(), speaks=True)
    assert done.gain == 0
    np.testing.assert_array_equal(soundfile.read(done.full, dtype="float32")[0], sound)


@pytest.mark.parametrize(("suffix", "bits"), [(".wav", "16"), (".wav", "24"), (".flac", "24")])
def test_whole_numbers_do_not_clip(make_raw, tmp_path, suffix, bits):
    raw, sound = make_raw(1.4)
    options = Options(suffix=suffix, sample_format=bits)
    done = finish_voice(raw, tmp_path, options, speaks=True)
    assert soundfile.info(done.full).subtype == SUBTYPES[bits]
    written = soundfile.read(done.full, dtype="float32")[0]
    assert np.abs(written).max() < 1
    np.testing.assert_allclose(written * 10 ** (-done.gain / 20), sound, atol=1e-4)


@pytest.mark.parametrize("bits", ["16", "24", "float"])
def test_quiet_sounds_keep_their_level_in_every_sample_format(make_raw, tmp_path, bits):
    raw, sound = make_raw(0.3)
    done = finish_voice(raw, tmp_path, Options(sample_format=bits), speaks=True)
    assert (done.gain, soundfile.info(done.full).subtype) == (0, SUBTYPES[bits])
    np.testing.assert_allclose(soundfile.read(done.full)[0], sound, atol=4e-5)


@pytest.mark.parametrize("peak", [0.01, 0.9])
def test_a_normalised_voice_has_the_loudness_of_r128(make_raw, tmp_path, peak):
    raw, _ = make_raw(peak)
    done = finish_voice(raw, tmp_path, Options(loudness=True), speaks=True)
    assert loudness(done.full) == pytest.approx(-23, abs=0.2)


def test_the_recognisers_file_has_its_level_and_silence_stays_silent(make_raw, tmp_path):
    raw, _ = make_raw(0.01)
    done = finish_voice(raw, tmp_path, Options(), speaks=True)
    assert soundfile.info(done.narrow).subtype == "PCM_16"
    assert loudness(done.narrow) == pytest.approx(-23, abs=0.2)


def test_a_voice_that_says_nothing_is_not_made_loud(make_raw, tmp_path):
    raw, sound = make_raw(0.01)
    done = finish_voice(raw, tmp_path, Options(loudness=True), speaks=False)
    assert (done.gain, done.narrow_gain) == (0, 0)
    np.testing.assert_array_equal(soundfile.read(done.full, dtype="float32")[0], sound)


def test_sounds_that_are_heard_together_are_softer_by_as_much(tmp_path, caplog):
    for name, peak in (("soft", 0.5), ("loud", 2.0)):
        soundfile.write(tmp_path / f"{name}.wav", np.full(1000, peak), 16_000, "FLOAT")
    soft, loud = tmp_path / "soft.wav", tmp_path / "loud.wav"
    assert spare_together([soft], "videos") == 0
    assert not caplog.text
    assert spare_together([soft, loud], "videos") == pytest.approx(-6.03, abs=0.01)
    assert "videos: all sounds are 6.0 dB softer" in caplog.text
