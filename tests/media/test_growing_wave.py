"""A WAV file that grows is valid at any moment, as another library reads it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from avsep.errors import OutputError
from avsep.media import growing_wave
from avsep.media.growing_wave import GrowingWave

BLOCK = np.random.default_rng(1).uniform(-1, 1, (2, 500)).astype(np.float32)


def test_after_each_block_the_file_holds_what_was_written(tmp_path):
    path = tmp_path / "voice.wav"
    wave = GrowingWave(path, 48_000, 2, 100)
    assert soundfile.info(path).frames == 100
    for blocks in (1, 2, 3):
        wave.append(BLOCK)
        samples, rate = soundfile.read(path, dtype="float32")
        assert rate == 48_000
        assert (samples[:100] == 0).all()
        assert (np.tile(BLOCK, blocks) == samples[100:].T).all()


def test_what_was_written_and_not_counted_does_no_harm_and_goes_when_it_goes_on(tmp_path):
    path = tmp_path / "voice.wav"
    GrowingWave(path, 48_000, 2).append(BLOCK)
    with path.open("ab") as file:
        file.write(b"part of a block")  # a kill came before the head told of it
    assert (soundfile.read(path, dtype="float32")[0].T == BLOCK).all()
    GrowingWave(path, 48_000, 2, 300).append(BLOCK)
    samples, _ = soundfile.read(path, dtype="float32")
    assert (np.concatenate([BLOCK[:, :300], BLOCK], axis=1) == samples.T).all()


def test_a_file_of_more_than_4_gib_is_an_rf64_file(tmp_path, monkeypatch):
    monkeypatch.setattr(growing_wave, "LARGEST", 3000)
    path = tmp_path / "voice.wav"
    GrowingWave(path, 48_000, 2).append(BLOCK)
    assert path.read_bytes()[:4] == b"RF64"
    assert path.read_bytes()[12:16] == b"ds64"
    monkeypatch.undo()
    GrowingWave(path, 48_000, 2, 2**29)
    assert soundfile.info(path).format == "RF64"
    assert soundfile.info(path).frames == 2**29


def test_another_file_of_that_name_is_left_alone(tmp_path):
    path = tmp_path / "voice.wav"
    soundfile.write(path, BLOCK.T, 44_100)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="no sound file of this recording"):
        GrowingWave(path, 48_000, 2)
    assert path.read_bytes() == before
