"""Sound files in blocks."""

from __future__ import annotations

import numpy as np
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from avsep.media.sound import SoundFileReader, SoundFileWriter, SoundLayout, measure_powers


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
    writer = SoundFileWriter(path, 8000, SoundLayout(8000, 1, 1000, "FLOAT"))
    for block in np.split(sound, sorted(cuts), axis=1):
        writer.write(block)
    writer.close()
    samples, _ = soundfile.read(path, dtype="float32")
    expected = np.zeros(1000, np.float32)
    expected[: min(given, 1000)] = sound[0, :1000]
    np.testing.assert_array_equal(samples, expected)


def test_a_long_recording_is_written_as_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.media.sound.WAV_LIMIT", 1000)
    writer = SoundFileWriter(tmp_path / "a.wav", 8000, SoundLayout(8000, 1, 1000, "FLOAT"))
    writer.close()
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RF64"


def test_what_fits_into_a_wav_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.media.sound.WAV_LIMIT", 2000)
    for subtype in ("PCM_16", "FLOAT"):
        layout = SoundLayout(8000, 1, 1000, subtype)
        SoundFileWriter(tmp_path / f"{subtype}.wav", 8000, layout).close()
    assert (tmp_path / "PCM_16.wav").read_bytes()[:4] == b"RIFF"
    assert (tmp_path / "FLOAT.wav").read_bytes()[:4] == b"RF64"


def test_powers_are_those_of_pictures_however_the_sound_is_cut():
    sound = np.arange(22, dtype=np.float32)
    whole = measure_powers([sound], 4)
    parts = measure_powers([sound[:8], sound[8:20], sound[20:]], 4)
    np.testing.assert_array_equal(whole, parts)
    assert len(whole) == 6
    assert whole[0] == np.mean([0, 1, 4, 9])
