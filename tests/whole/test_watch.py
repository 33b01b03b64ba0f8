"""`avsep split --watch` works on what arrives, and ends when it is told to."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.media.ffmpeg import find_tool

EXAMPLE = Path(__file__).parents[2] / "examples" / "same-sex.mp4"
LONG = 120  # seconds


@pytest.fixture
def place(tmp_path):
    """An inbox, and two seconds of two people that will arrive."""
    (tmp_path / "inbox").mkdir()
    cut = [find_tool("ffmpeg"), "-loglevel", "error", "-ss", "2", "-i", EXAMPLE, "-t", "2"]
    subprocess.run([*cut, tmp_path / "talk.mp4"], check=True)
    return tmp_path


def watch(place, weights):
    words = ["split", "inbox", "--output-dir", "out", "--watch", "--json"]
    words += ["--model", str(weights), "--device", "cpu"]
    return subprocess.Popen(
        [sys.executable, "-m", "avsep", *words], cwd=place, stdout=subprocess.PIPE, text=True
    )


def test_what_arrives_is_split_and_what_cannot_be_stops_nothing(place, weights):
    with watch(place, weights) as process:
        (place / "inbox/notes.txt").write_text("no video")
        (place / "inbox/broken.mp4").write_bytes(b"no video either")
        broken = json.loads(process.stdout.readline())
        assert (Path(broken["input"]).name, broken["state"]) == ("broken.mp4", "failed")
        assert broken["hint"]
        (place / "inbox/odd").mkdir()
        (place / "inbox/odd/avsep.toml").write_text("loudnes = true")  # its neighbours go on
        shutil.copy(place / "talk.mp4", place / "inbox/odd/talk.mp4")
        (place / "inbox/day").mkdir()
        shutil.copy(place / "talk.mp4", place / "inbox/day/talk.mp4")
        done = json.loads(process.stdout.readline())
        assert (Path(done["input"]).name, done["state"]) == ("talk.mp4", "done")
        assert (place / "out/day/talk/speaker-1.wav").is_file()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 143
    with watch(
        place, weights
    ) as again:  # what is finished is passed by, what failed is tried once more
        assert json.loads(again.stdout.readline())["state"] == "failed"
        time.sleep(1)
        again.send_signal(signal.SIGTERM)
        assert again.stdout.read() == ""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["talk.mp4", "--watch"], 1, "no folder that could fill"),
        (["inbox", "--watch", "--dry-run"], 2, "contradict"),
    ],
)
def test_what_could_never_do_anything_is_refused(place, monkeypatch, words, status, said):
    monkeypatch.chdir(place)
    found = CliRunner().invoke(app, ["split", *words])
    assert found.exit_code == status
    assert said in found.output
