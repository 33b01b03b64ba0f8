"""Several cameras of one event, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.faces.detectors import Face
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork

ROOT = Path(__file__).parents[2]
EYES_TO_MOUTH = [(-8, -8), (8, -8), (0, 0), (-6, 9), (6, 9)]
RATE = 16_000
BEGINS = 1.2345  # second of the first camera at which the second begins


def face(x: float) -> Face:
    points = np.array([(x + dx, 50 + dy) for dx, dy in EYES_TO_MOUTH], np.float32)
    return Face(np.array([x - 20, 25, x + 20, 75], np.float32), points, 0.99)


def see(image):
    """One face in the narrow picture, two in the wide one."""
    return [face(60)] if image.shape[1] < 200 else [face(50), face(150)]


def embed(portraits):
    means = np.stack([portrait.reshape(-1, 3).mean(0) for portrait in portraits])
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def event(make_media, tmp_path, monkeypatch):
    """Anna, who is red, alone; and, from 1.2345 s on, Anna beside Ben, who is blue."""
    sound, rate = soundfile.read(ROOT / "examples/debate.truth/speaker-1.flac")
    sound = soxr.resample(sound, rate, RATE)[: 10 * RATE]
    noise = np.random.default_rng(0).normal(0, 0.003, (2, len(sound)))
    moving = "noise=alls=60:allf=t,format=yuv444p"
    red, blue = (f"color={name}:size={{}}:rate=25:duration=10" for name in ("red", "blue"))
    pictures = [
        f"{red.format('160x120')},{moving}",
        f"{red.format('100x120')}[a];{blue.format('100x120')}[b];[a][b]hstack,{moving}",
    ]
    videos = []
    for number, cut in enumerate((0, round(BEGINS * RATE))):
        wave = tmp_path / f"{number}.wav"
        soundfile.write(wave, (sound + noise[number])[cut:], RATE, "FLOAT")
        inputs = ("-f", "lavfi", "-i", pictures[number], "-i", wave, "-shortest")
        made = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "5", "-c:a", "pcm_s16le")
        videos.append(make_media(f"camera-{number}.mov", *inputs, *made))
    torch.manual_seed(0)
    save_model(SeparationNetwork(TINY), tmp_path / "tiny.safetensors")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: see)
    monkeypatch.setattr("avsep.kit.load_embedder", lambda *_: embed)
    return videos


def split(*words):
    words = ["split", "--model", "tiny.safetensors", *map(str, words)]
    return CliRunner().invoke(app, words)


def test_cameras_are_aligned_and_people_known_across_them(event):
    done = split(*event, "--same-event", "--speakers", "Anna=1,Ben=2", "--report", "--video")
    assert done.exit_code == 0, done.output
    told = json.loads(Path("voices/camera-0/manifest.json").read_text())
    (camera,) = told["cameras"]
    assert camera["input"] == "camera-1.mov"
    assert camera["offset"] == pytest.approx(BEGINS, abs=0.001)
    anna, ben = told["speakers"]
    length = told["duration"]
    assert anna["seen"] == [[0, pytest.approx(length, abs=0.2)]]
    ((start, stop),) = ben["seen"]
    assert start == pytest.approx(BEGINS, abs=0.04)
    assert stop == pytest.approx(length, abs=0.2)
    assert Path("voices/camera-0/Ben.wav").is_file()
    assert [path.name for path in Path("voices").iterdir()] == ["camera-0"]


def test_cameras_of_different_events_are_refused(event, clip):
    done = split(event[0], clip, "--same-event")
    assert done.exit_code == 1
    assert "do not clearly hold the same sound" in done.stderr
    assert "Are both of one event" in done.stderr
    assert not Path("voices/camera-0").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "takes two videos or more"),
        (("2", "--replay"), "--same-event and --replay don't go together"),
        (("2", "--faces"), "--same-event and --faces don't go together"),
        (("2", "--from", "1", "--to", "3"), "--same-event and --from don't go together"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(event, words, sentence):
    cameras = event if words else event[:1]
    done = split(*cameras, "--same-event", *words[1:])
    assert done.exit_code == 1
    assert sentence in done.stderr
