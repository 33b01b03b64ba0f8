"""Samples that are no numbers, and sound files that may not grow."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import soundfile

from avsep.media.probing import probe
from avsep.media.reading import read_audio
from avsep.media.samples import mend_samples
from avsep.training.preparation import prepare


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_numbers_become_silence_and_are_said(
    make_media, clip, tmp_path, caplog, wrong
):
    true = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    bad = true.copy()
    bad[20_000:20_010] = wrong
    (tmp_path / "bad.f32").write_bytes(bad.tobytes())
    raw = ("-f", "f32le", "-ac", "1", "-ar", "48000", "-i", tmp_path / "bad.f32")
    source = make_media("bad.mov", "-i", clip, *raw, "-map", "0:v", "-map", "1:a", "-c", "copy")
    read = read_audio(probe(source)).samples[0]
    expected = true.copy()
    expected[20_000:20_010] = 0
    np.testing.assert_array_equal(read, expected)
    assert "10 samples of the sound are no numbers" in caplog.text


def test_a_sound_as_it_should_be_is_left_alone():
    samples = np.array([[0.5, -2.0], [0, 32_768]], np.float32)
    assert mend_samples(samples) == 0
    assert samples[1, 1] == 32_768


def test_a_training_set_takes_no_sample_that_is_no_number(tmp_path):
    sound = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    sound[5000] = np.nan
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", sound, 44_100, "FLOAT")
    (done,) = prepare(tmp_path / "in", tmp_path / "out")
    assert (done.problem, done.frames) == ("", 18)


WRITE = """
import sys
from pathlib import Path
import numpy as np
from avsep.media.sound import SoundLayout
from avsep.media.sound import SoundFileWriter
from avsep.outputs.folder import scratch_folder
from avsep.errors import OutputError
try:
    with scratch_folder(Path(sys.argv[1])) as folder:
        layout = SoundLayout(48_000, 2, 480_000, "FLOAT")
        writer = SoundFileWriter(folder / "a.wav", 48_000, layout)
        writer.write(np.ones((2, 480_000), np.float32))
        writer.close()
except OutputError as error:
    print(error.message, error.hint)
"""


def test_a_file_that_may_not_grow_so_large_is_a_sentence(tmp_path):
    line = 'ulimit -f 100; exec "$@"'
    command = ["/bin/bash", "-c", line, "bash", sys.executable, "-c", WRITE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "(File too large): its file system, or `ulimit -f`" in done.stdout
    assert list(tmp_path.iterdir()) == []
