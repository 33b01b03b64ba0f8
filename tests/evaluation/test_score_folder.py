"""Results of split against true voices."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from avsep.errors import DataError
from avsep.evaluation.score_folder import score
from avsep.outputs.manifest import NAME


@pytest.fixture
def voices() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (2, 16_000))


def write(folder, named):
    folder.mkdir()
    for name, sound in named.items():
        soundfile.write(folder / name, sound, 16_000, "FLOAT" if name.endswith("wav") else None)


def describe(folder, gains):
    """Write the manifest of a result of two speakers."""
    names = ("speaker-1", "speaker-2", "rest")
    entries = [
        {"name": name, "file": f"{name}.wav", "gain": gain}
        for name, gain in zip(names, gains, strict=True)
    ]
    manifest = {"avsep": "0", "speakers": entries[:2], "rest": entries[2]}
    (folder / NAME).write_text(json.dumps(manifest))


def test_perfect_voices_gain_much_and_wrong_ones_lose(tmp_path, voices):
    write(tmp_path / "truth", {"person-1.flac": voices[0], "person-2.flac": voices[1]})
    rest = np.zeros(16_000)
    found = {"speaker-1.wav": voices[0], "speaker-2.wav": voices[1], "rest.wav": rest}
    write(tmp_path / "result", found)
    describe(tmp_path / "result", [0.0, 0.0, 0.0])
    for item in score(tmp_path / "result", tmp_path / "truth"):
        assert item.before == pytest.approx(0, abs=0.5)
        assert item.improvement > 40
        assert item.swapped < -20


def test_a_silent_true_voice_has_no_score(tmp_path, voices):
    write(tmp_path / "truth", {"person-1.wav": voices[0], "person-2.wav": 0 * voices[0]})
    found = {"speaker-1.wav": voices[0], "speaker-2.wav": voices[1], "rest.wav": voices[0]}
    write(tmp_path / "result", found)
    describe(tmp_path / "result", [0.0, 0.0, 0.0])
    assert [item.name for item in score(tmp_path / "result", tmp_path / "truth")] == ["speaker-1"]


def test_files_made_louder_are_scored_as_they_were(tmp_path, voices):
    write(tmp_path / "truth", {"person-1.wav": voices[0], "person-2.wav": voices[1]})
    leak = voices.mean(0)
    scores = []
    for name, gains in (("plain", (0, 0, 0)), ("loud", (6, -12, 20))):
        sounds = [voices[0] + leak, voices[1], -leak]
        files = ["speaker-1.wav", "speaker-2.wav", "rest.wav"]
        louder = [sound * 10 ** (gain / 20) for sound, gain in zip(sounds, gains, strict=True)]
        write(tmp_path / name, dict(zip(files, louder, strict=True)))
        describe(tmp_path / name, gains)
        found = score(tmp_path / name, tmp_path / "truth")
        scores.append([(item.before, item.after, item.swapped) for item in found])
    np.testing.assert_allclose(scores[0], scores[1], atol=0.01)


def test_a_voice_that_was_removed_is_named(tmp_path, voices):
    write(tmp_path / "truth", {"person-1.wav": voices[0], "person-2.wav": voices[1]})
    write(tmp_path / "result", {"speaker-1.wav": voices[0], "rest.wav": voices[0]})
    describe(tmp_path / "result", [0.0, 0.0, 0.0])
    with pytest.raises(DataError, match=r"speaker-2\.wav is not there any more"):
        score(tmp_path / "result", tmp_path / "truth")


def test_a_folder_without_a_result_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no result"):
        score(tmp_path, tmp_path)
