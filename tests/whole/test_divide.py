"""Two people who were taken for one, divided through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from fakes import face


@pytest.fixture
def run(mending_weights, in_this_process, see_faces):
    """Run a command where two faces are seen in every frame."""
    del in_this_process
    see_faces(face(30), face(130))

    def run(command, *words):
        model = ["--model", mending_weights] if command == "split" else []
        return CliRunner().invoke(app, [command, *map(str, [*model, *words])])

    return run


def test_a_divided_speaker_has_two_voices_each_while_they_are_seen(run, clip):
    words = (clip, "-o", "out", "--divide", "2=0:01.2-end", "--names", "Ben=2,Cat=3")
    done = run("split", *words)
    assert done.exit_code == 0, done.output
    folder = Path("out/clip")
    told = json.loads((folder / "manifest.json").read_text())
    assert {s["name"]: s["seen"] for s in told["speakers"]} == {
        "speaker-1": [[0.0, 2.0]],
        "Ben": [[0.0, 1.2]],
        "Cat": [[1.2, 2.0]],
    }
    assert told["options"]["divide"] == ["2=0:01.2-end"]
    voices = {name: soundfile.read(folder / f"{name}.wav")[0] for name in ("Ben", "Cat")}
    edge = int(1.2 * 44100)
    assert np.abs(voices["Ben"][:edge]).max() > 1e-3
    assert np.abs(voices["Cat"][edge:]).max() > 1e-3
    assert not voices["Ben"][edge + 4410 :].any()
    assert not voices["Cat"][: edge - 4410].any()
    names = ("speaker-1", "Ben", "Cat", "rest")
    total = sum(soundfile.read(folder / f"{name}.wav")[0] for name in names)
    assert run("split", clip, "-o", "plain").exit_code == 0
    plain = ("speaker-1", "speaker-2", "rest")
    recording = sum(soundfile.read(f"plain/clip/{name}.wav")[0] for name in plain)
    assert np.abs(total - recording).max() < 1e-6


def test_faces_are_listed_as_they_would_be_split(run, clip):
    listed = run("faces", clip, "--divide", "1=0-0:00.4", "--json")
    assert listed.exit_code == 0, listed.output
    seen = {s["number"]: s["seen"] for s in json.loads(listed.stdout)["speakers"]}
    assert seen == {1: [[0.4, 2.0]], 2: [[0.0, 2.0]], 3: [[0.0, 0.4]]}


def test_divisions_stand_in_a_file_of_settings_and_not_for_ranges(run, clip):
    settings = clip.with_name("avsep.toml")
    settings.write_text(f'[recordings."{clip.name}"]\ndivide = ["1=0-0:00.4"]\n')
    assert run("split", clip, "-o", "out", "--speakers", "3").exit_code == 0
    assert Path("out/clip/speaker-3.wav").is_file()
    # In a range people are counted anew: number 1 may be somebody else there.
    assert run("split", clip, "-o", "out", "--from", "1").exit_code == 0
    assert len(list(Path("out").glob("clip@*/speaker-?.wav"))) == 2
    settings.unlink()


@pytest.mark.parametrize(
    ("division", "status", "said"),
    [
        ("7=0-1", 1, "no speaker 7"),
        ("1=0-2", 1, "all of speaker 1"),
        ("1=0:05-end", 1, "goes beyond"),
        ("1", 2, "divides no"),
    ],
)
def test_nothing_is_written_of_a_division_that_means_nothing(run, clip, division, status, said):
    done = run("split", clip, "-o", "out", "--divide", division)
    assert done.exit_code == status
    assert said in done.output.replace("\n", " ")
    assert not list(Path("out").glob("*/*.wav"))
