"""`avsep follow`: voices of a recording that is still being written."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.media.ffmpeg import find_tool
from avsep.metrics import si_sdr

EXAMPLE = Path(__file__).parents[2] / "examples" / "same-sex.mp4"
SECONDS = 7


def make_recording(path, *, seconds=SECONDS, begin=1):
    """Two people, small enough to be searched fast."""
    cut = [find_tool("ffmpeg"), "-loglevel", "error", "-ss", str(begin), "-i", EXAMPLE]
    small = ["-t", str(seconds), "-vf", "scale=640:-2", "-preset", "ultrafast", "-g", "25"]
    subprocess.run([*cut, *small, "-c:a", "aac", path], check=True)
    return path


def start(folder, source, *words, **how):
    command = [sys.executable, "-m", "avsep", "follow", source, "--device", "cpu"]
    words = [*command, "--output-dir", "out", "--rest", "0.5", *words]
    return subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True, **how)


def read_voices(folder):
    found = {}
    for path in sorted(folder.glob("*.wav")):
        found[path.stem], _ = soundfile.read(path, dtype="float32")
    return found


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """What came of a recording that grew: killed on the way, interrupted, and gone on with."""
    place = tmp_path_factory.mktemp("follow")
    data = make_recording(place / "whole.ts").read_bytes()
    parts = [data[: len(data) * 6 // 10], data[len(data) * 6 // 10 : -40_000], data[-40_000:]]
    found = {"place": place}
    with (place / "g.ts").open("wb", buffering=0) as recorder:
        recorder.write(parts[0])
        with start(place, "g.ts") as process:
            lines = list(read_until(process, "speaking"))
            while not (place / "out/g/.follow/state.json").exists():
                time.sleep(0.02)
            process.kill()
        found["killed"] = lines, read_voices(place / "out/g")
        recorder.write(parts[1])
        with start(place, "g.ts") as process:
            lines = list(read_until(process, "seen"))
            process.send_signal(signal.SIGINT)
            lines += [json.loads(line) for line in process.stdout]
        assert process.returncode == 130
        found["interrupted"] = lines, read_voices(place / "out/g")
        recorder.write(parts[2])
    with start(place, "g.ts") as process:
        lines = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    return found | {"done": (lines, read_voices(place / "out/g"))}


def read_until(process, key):
    """Lines up to the first that has a key."""
    line = {}
    while key not in line:
        yield (line := json.loads(process.stdout.readline()))


def test_voices_come_while_the_recording_grows_and_are_valid_when_killed(followed):
    _, voices = followed["killed"]
    assert set(voices) == {"rest", "speaker-1", "speaker-2"}
    assert min(map(len, voices.values())) >= 48_000
    assert max(map(len, voices.values())) < 0.6 * SECONDS * 48_000


def test_ctrl_c_finishes_what_has_come(followed):
    lines, voices = followed["interrupted"]
    end = lines[-1]
    assert end["state"] == "interrupted"
    assert 0.6 * SECONDS < end["duration"] < SECONDS
    assert {len(voice) for voice in voices.values()} == {round(end["duration"] * 48_000)}


def test_what_was_written_before_stays_and_the_rest_comes(followed):
    before, after = followed["interrupted"][1], followed["done"][1]
    for name, voice in before.items():
        assert len(after[name]) > len(voice)
        assert (after[name][: len(voice)] == voice).all()
        killed = followed["killed"][1][name]  # a block that was not counted is made again
        assert np.abs(voice[: len(killed)] - killed).max() < 1e-4
    assert followed["interrupted"][0][0]["start"] >= 1.2
    assert followed["done"][0][0]["start"] == len(before["rest"]) / 48_000
    assert not (followed["place"] / "out/g/.follow").exists()


def test_numbers_stay_who_they_are(followed):
    told = [line for run in ("killed", "interrupted", "done") for line in followed[run][0]]
    boxes = {(line["number"], line["box"][0] > 320) for line in told if "box" in line}
    assert boxes == {(1, False), (2, True)}  # from left to right, in all runs


def test_in_the_end_it_is_what_split_gives(followed, monkeypatch):
    monkeypatch.chdir(followed["place"])
    words = ["split", "whole.ts", "--output-dir", "split", "--device", "cpu", "--json"]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0
    expected = read_voices(Path("split/whole"))
    given = read_voices(Path("out/g"))
    interrupted = len(followed["interrupted"][1]["rest"])
    blind = slice(interrupted - 72_000, interrupted)  # was made before what follows had come
    for name, voice in given.items():
        assert len(voice) == len(expected[name])
        both = (torch.from_numpy(np.delete(sound, blind)) for sound in (voice, expected[name]))
        # The rest of the way is searched for faces at other frames, which moves mouths a little.
        assert float(si_sdr(*both)) > (15 if name == "rest" else 22)
    heard = sum(expected[name].astype(float) for name in given)
    assert np.abs(sum(given.values()) - heard).max() < 1e-5
    end, manifest = followed["done"][0][-1], json.loads(Path("out/g/manifest.json").read_text())
    split = json.loads(Path("split/whole/manifest.json").read_text())
    assert end["state"] == "done"
    for now, then in zip(manifest["speakers"], split["speakers"], strict=True):
        assert now["seen"] == then["seen"]
        # A pause may be just long enough in one, and just not in the other.
        assert np.mean(mark(now["speaking"]) != mark(then["speaking"])) < 0.1
    turns = {(line["number"], *line["speaking"]) for line in told_turns(followed)}
    assert turns == {(s["number"], *span) for s in manifest["speakers"] for span in s["speaking"]}


def mark(spans):
    """Hundredths of seconds of the recording that lie in spans."""
    times = np.arange(0, SECONDS, 0.01)
    return np.any([(start <= times) & (times < stop) for start, stop in spans], axis=0)


def told_turns(followed):
    lines = [json.loads(line) for line in Path("out/g/g.live.jsonl").read_text().splitlines()]
    return [line for line in lines if line.get("speaking", [None])[-1] is not None]


def test_a_result_is_not_replaced_unasked_nor_taken_for_one_of_split(followed, monkeypatch):
    monkeypatch.chdir(followed["place"])
    again = CliRunner().invoke(app, ["follow", "g.ts", "--output-dir", "out", "--rest", "0.5"])
    assert again.exit_code == 1
    assert "exists already" in again.output
    split = CliRunner().invoke(app, ["split", "g.ts", "--output-dir", "out"])
    assert split.exit_code == 1
    assert "other options (follow)" in split.output


def test_a_pipe_gets_a_folder_of_its_own_and_without_faces_its_sound_and_a_sentence(
    clip, make_media, tmp_path
):
    (tmp_path / "out/live").mkdir(parents=True)
    with make_media("clip.ts", "-i", clip, "-c", "copy").open("rb") as pipe:
        process = start(tmp_path, "-", stdin=pipe, stderr=subprocess.PIPE)
        lines, said = process.communicate()
    assert process.returncode == 1
    assert "no face whose lips can be read" in said
    assert json.loads(lines.splitlines()[-1])["output"] == "out/live-2"
    samples, rate = soundfile.read(tmp_path / "out/live-2/rest.wav")
    assert len(samples) / rate == pytest.approx(2, abs=0.1)
    assert np.abs(samples).max() > 0.05


def run(*words):
    found = CliRunner().invoke(app, ["follow", *map(str, words), "--rest", "0.5"])
    return found.exit_code, found.output


def test_what_never_arrives_or_cannot_be_followed_is_a_sentence(
    clip, silent_clip, tone, make_media, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("broken.ts").write_bytes(b"no recording")
    Path("empty.ts").touch()
    shutil.copy(clip, "plain.mp4")
    for source, said in [
        ("nowhere.ts", "does not exist"),
        ("empty.ts", "is empty"),
        ("broken.ts", "cannot be read"),
        ("plain.mp4", "index is written last"),
        (make_media("silent.ts", "-i", silent_clip, "-c", "copy"), "has no audio stream"),
        (tone, "has no pictures"),
    ]:
        status, output = run(source)
        assert status == 1
        assert said in output, output
    assert not Path("voices").exists()
