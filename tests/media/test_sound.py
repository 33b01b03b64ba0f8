"""Sound files in blocks."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from avsep.media.sound import Layout, SoundFileReader, SoundFileWriter
from avsep.separation.recording import working_rate
from avsep.separation.stems import VoiceWriter


def test_reading_outside_the_file_is_silence(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.ones((10, 2)) / 2, 16_000, "FLOAT")
    sound = SoundFileReader(tmp_path / "a.wav").read(-3, 14)
    assert sound.shape == (2, 17)
    assert (sound[:, 3:13] == 0.5).all()
    assert not sound[:, :3].any()
    assert not sound[:, 13:].any()


@given(cuts=st.lists(st.integers(0, 999), max_size=6), given=st.integers(900, 1100))
@settings(max_examples=30)
def test_blocks_of_any_size_give_exactly_the_asked_length(tmp_path_factory, cuts, given):
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    sound = np.random.default_rng(0).normal(0, 0.1, (1, given)).astype(np.float32)
    writer = SoundFileWriter(path, 8000, Layout(8000, 1, 1000, "FLOAT"))
    for block in np.split(sound, sorted(cuts), axis=1):
        writer.write(block)
    writer.close()
    samples, _ = soundfile.read(path, dtype="float32")
    expected = np.zeros(1000, np.float32)
    expected[: min(given, 1000)] = sound[0, :1000]
    np.testing.assert_array_equal(samples, expected)


def test_the_recognisers_file_is_16_khz_mono_in_step(tmp_path):
    rate, seconds = 48_000, 2
    time = np.arange(rate * seconds) / rate
    click = np.exp(-(((time - 1.25) / 0.002) ** 2)) * 0.5
    soundfile.write(tmp_path / "mixture.wav", np.stack([click, click], 1), rate, "FLOAT")
    mixture = SoundFileReader(tmp_path / "mixture.wav")
    writer = VoiceWriter(tmp_path / "v.wav", mixture, sample_rate=rate, samples=len(time))
    for start in range(0, len(time), 7777):
        writer.write(mixture.read(start, min(start + 7777, len(time))))
    writer.close()
    narrow, narrow_rate = soundfile.read(tmp_path / "v.16k.wav")
    assert (narrow.ndim, narrow_rate, len(narrow)) == (1, 16_000, 32_000)
    assert abs(np.abs(narrow).argmax() / 16_000 - 1.25) < 1e-4
    full, full_rate = soundfile.read(tmp_path / "v.wav")
    assert (full.shape, full_rate) == ((96_000, 2), 48_000)


@pytest.mark.parametrize(
    ("source", "rate"),
    [(48_000, 48_000), (44_100, 44_100), (22_050, 44_100), (11_025, 44_100), (37_127, 48_000)],
)
def test_the_working_rate_has_whole_hops(source, rate):
    assert working_rate(source) == rate


def test_a_long_recording_is_written_as_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.media.sound.WAV_LIMIT", 1000)
    writer = SoundFileWriter(tmp_path / "a.wav", 8000, Layout(8000, 1, 1000, "FLOAT"))
    writer.close()
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RF64"
