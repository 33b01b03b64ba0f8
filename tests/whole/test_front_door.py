"""What people write in Python: the block in README, and the examples, as they stand there."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import avsep

ROOT = Path(__file__).parents[2]
LENGTH = 25  # lines
FRONT_DOOR = [
    "AvsepError", "Options", "Person", "Replay", "Result", "Separator", "Subtitles", "Voice",
    "__version__", "load_model", "progress_bar", "split",
]  # fmt: skip
EXAMPLES = {
    path.name: path
    for path in sorted((ROOT / "examples").glob("*.py"))
    if "\nimport avsep\n" in path.read_text()
}


@pytest.fixture
def debate(make_media, tmp_path, monkeypatch):
    """A second of the debate, small, in a folder that is entered."""
    source = ROOT / "examples" / "debate.mp4"
    small = ("-t", "1.2", "-i", source, "-vf", "scale=640:360", "-c:v", "mpeg4", "-q:v", "3")
    clip = make_media("debate.mp4", *small, "-c:a", "copy")
    (tmp_path / "debate.mp4").symlink_to(clip)
    monkeypatch.chdir(tmp_path)
    return clip


@pytest.fixture
def run_example(debate, monkeypatch, capsys):
    """Run a script as a person would; what it prints."""

    def run(name: str, *words: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *words])
        runpy.run_path(str(EXAMPLES[name]), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_the_front_door_has_these_names():
    assert avsep.__all__ == FRONT_DOOR


def test_the_python_in_the_readme_runs(debate, capsys):
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    exec(block, {})  # noqa: S102 - that is what is tested
    said = capsys.readouterr().out
    assert Path("voices/debate/speaker-1.wav").is_file()
    assert Path("Anna/debate/Anna.wav").is_file()
    assert said.count(" s visible") == 2


def test_the_python_in_the_documentation_runs(debate, capsys):
    page = (ROOT / "docs" / "python.md").read_text()
    exec("\n".join(re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)), {})  # noqa: S102
    said = capsys.readouterr().out
    assert "(2, 48000) (2, 48000)" in said
    assert "absent.mp4" in said
    assert Path("flac/debate/Anna.flac").is_file()
    assert Path("many/debate/Ben.wav").is_file()


def test_there_are_five_examples_that_one_can_take_in_at_a_glance():
    assert len(EXAMPLES) == 5
    assert all(len(path.read_text().splitlines()) <= LENGTH for path in EXAMPLES.values())


def test_one_video_is_split_by_an_example(run_example):
    assert run_example("split_one.py", "debate.mp4").count("voices/debate/speaker-") == 2


def test_a_video_that_is_none_stops_no_other(run_example, capsys):
    said = run_example("split_many.py", "absent.mp4", "debate.mp4")
    assert said == "voices/debate: 2 voices, 10 files\n"
    assert Path("voices/debate/speaker-1.flac").is_file()
    assert Path("voices/debate/speaker-1.mp4").is_file()


def test_portraits_of_everybody_are_written_by_an_example(run_example):
    assert run_example("find_people.py", "debate.mp4").count("0.0 to 1.2 s") == 2
    assert sorted(path.name for path in Path().glob("*.png")) == [
        "speaker-1.png", "speaker-2.png"
    ]  # fmt: skip


def test_a_sound_of_ones_own_is_separated_by_an_example(run_example):
    noise = np.random.default_rng(0).normal(0, 0.1, (19_200, 2)).astype(np.float32)
    soundfile.write("own.wav", noise, 16_000, "FLOAT")
    run_example("separate_array.py", "debate.mp4", "own.wav")
    stems = [soundfile.read(f"{name}.wav")[0] for name in ("speaker-1", "speaker-2", "rest")]
    np.testing.assert_allclose(sum(stems), noise, atol=1e-6)


def test_a_speaker_is_taken_out_by_an_example(run_example):
    assert run_example("silence_one.py", "debate.mp4", "2").endswith("silenced/debate/rest.wav\n")
    assert Path("silenced/debate/rest.wav").is_file()
