"""Results of split against true voices."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from avsep.errors import DataError
from avsep.evaluation.results import score
from avsep.outputs.manifest import NAME


@pytest.fixture
def voices() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (2, 16_000))


def write(folder, named):
    folder.mkdir()
    for name, sound in named.items():
        soundfile.write(folder / name, sound, 16_000, "FLOAT" if name.endswith("wav") else None)


def test_perfect_voices_gain_much_and_wrong_ones_lose(tmp_path, voices):
    write(tmp_path / "truth", {"person-1.flac": voices[0], "person-2.flac": voices[1]})
    rest = np.zeros(16_000)
    found = {"speaker-1.wav": voices[0], "speaker-2.wav": voices[1], "rest.wav": rest}
    write(tmp_path / "result", found)
    speakers = [{"name": "speaker-1"}, {"name": "speaker-2"}]
    (tmp_path / "result" / NAME).write_text(json.dumps({"avsep": "0", "speakers": speakers}))
    for item in score(tmp_path / "result", tmp_path / "truth"):
        assert item.before == pytest.approx(0, abs=0.5)
        assert item.improvement > 40
        assert item.swapped < -20


def test_a_silent_true_voice_has_no_score(tmp_path, voices):
    write(tmp_path / "truth", {"person-1.wav": voices[0], "person-2.wav": 0 * voices[0]})
    found = {"speaker-1.wav": voices[0], "speaker-2.wav": voices[1], "rest.wav": voices[0]}
    write(tmp_path / "result", found)
    speakers = [{"name": "speaker-1"}, {"name": "speaker-2"}]
    (tmp_path / "result" / NAME).write_text(json.dumps({"avsep": "0", "speakers": speakers}))
    assert [item.name for item in score(tmp_path / "result", tmp_path / "truth")] == ["speaker-1"]


def test_a_folder_without_a_result_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no result"):
        score(tmp_path, tmp_path)
