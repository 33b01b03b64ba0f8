"""Every JSON for programs is written in the same words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from avsep.batch import executors
from avsep.cli.app import app
from avsep.faces.detectors import Face
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.options import Options, describe_options
from avsep.outputs import schema
from avsep.outputs.manifest import read_manifest
from avsep.outputs.old_manifests import upgrade
from avsep.progress import no_progress

EYES = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)
BOX = np.array([5, 5, 35, 45], np.float32)
LARGE, SMALL = Face(BOX, EYES, 0.99), Face(BOX / 2 + 70, EYES / 2 + 70, 0.99)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_spans(value: object) -> bool:
    """Lists of from and up to, in order, within the two seconds of the recording."""
    edges = [edge for span in value for edge in span]
    lengths = {len(span) for span in value}
    return lengths <= {2} and edges == sorted(edges) and all(0 <= edge <= 2 for edge in edges)


def is_file(value: object) -> bool:
    return is_text(value) and Path(value).name == value


def is_count(value: object) -> bool:
    return isinstance(value, int) and value > 0


def is_checksum(value: object) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", value) is not None


def may_be_absent(check):
    return lambda value: value is None or check(value)


# What every key may hold, wherever it stands.
MEANINGS = {
    "cameras": lambda value: value == [],
    "inputs": lambda value: value == [],
    "passes": is_count,
    "detector": is_text,
    "unseen": lambda value: value == [],
    "sound": lambda value: value is None or value.keys() == {"file", "offset", "drift", "found"},
    "avsep": is_text,
    "format": lambda value: value == 2,
    "input": lambda value: Path(value).name == "clip.mp4",
    "output": may_be_absent(is_text),
    "state": {"done", "skipped", "planned", "incomplete", "failed"}.__contains__,
    "duration": lambda value: value == pytest.approx(2, abs=0.05),
    "start": lambda value: value == 0,
    "members": lambda value: len(value) == 1 and is_count(value[0]),
    "others": lambda value: value is None,
    "time_code": lambda value: value == "",
    "ranges": lambda value: value == [],
    "width": is_count,
    "height": is_count,
    "audio_streams": lambda value: all(isinstance(stream, int) for stream in value),
    "video_stream": lambda value: isinstance(value, int),
    "model": lambda value: value == "tiny",
    "cuts": lambda value: all(0 < cut < 2 for cut in value),
    "number": is_count,
    "name": lambda value: re.fullmatch(r"speaker-\d", value),
    "visible": lambda value: is_number(value) and 0 < value <= 2,
    "seen": lambda value: value and is_spans(value),
    "speaking": is_spans,
    "crosstalk": is_spans,
    "language": lambda value: value == "",
    "box": lambda value: len(value) == 4 and all(isinstance(edge, int) for edge in value),
    "file": is_file,
    "gain": is_number,
    "gain_16k": is_number,
    "delay": is_number,
    "own_delays": lambda value: value == [],
    "delay_score": is_number,
    "delay_margin": is_number,
    "reason": is_text,
    "kind": is_text,
    "product": is_text,
    "warnings": lambda value: all(map(is_text, value)),
    "bytes": is_count,
    "sha256": is_checksum,
    "fingerprint": is_checksum,
    "seconds": is_number,
    "error": may_be_absent(is_text),
    "hint": may_be_absent(is_text),
}


# What holds more entries, and which of them it has at least.
PARTS = {
    "source": {"bytes", "fingerprint", "width", "height", "audio_streams", "video_stream"},
    "weights": {"model", "sha256", "passes"},
    "rest": {"file", "gain"},
    "speakers": {"number", "name", "visible", "seen"},
    "left_out": {"seen", "kind", "reason"},
    "missing": {"product", "reason"},
    "files": {"file", "bytes", "sha256"},
}


def validate(entry: dict, needed: set[str] = frozenset()) -> None:
    """Refuse words that aren't known, and known ones of another meaning."""
    assert needed <= entry.keys()
    for key, value in entry.items():
        if key in PARTS:
            for part in value if isinstance(value, list) else [value]:
                validate(part, PARTS[key])
        elif key == "options":
            assert value == describe_options(Options())
        else:
            assert MEANINGS[key](value), f"{key}: {value!r}"
    if "visible" in entry:
        assert entry["visible"] == pytest.approx(sum(b - a for a, b in entry["seen"]))


@pytest.fixture(scope="module")
def told(tmp_path_factory, clip):
    """What all of them say of the same recording, and of one that can't be read."""
    folder = tmp_path_factory.mktemp("schema")
    save_model(SeparationNetwork(TINY), folder / "tiny.safetensors")
    (folder / "bad").mkdir()
    (folder / "bad" / "clip.mp4").write_bytes(b"bad")
    output = folder / "out"

    def run(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("avsep.kit.load_detector", lambda *_: lambda _: [LARGE, SMALL])
        patch.setattr("avsep.kit.load_embedder", lambda *_: None)
        patch.setattr(
            "avsep.batch.executors.choose_crew",
            lambda choice, options, *_, **__: executors.work_alone(choice, options, no_progress),
        )
        weights = ("--model", folder / "tiny.safetensors")
        done = run("split", clip, "-o", output, *weights, "--json")
        assert done.exit_code == 0, done.output
        split = json.loads(done.stdout)
        sources = (clip, folder / "bad" / "clip.mp4")
        run("split", *sources, "-o", output, *weights)
        faces = json.loads(run("faces", clip, "--json").stdout)
    (manifest,) = output.rglob("manifest.json")
    return {
        "manifest": json.loads(manifest.read_text()),
        "split --json": split[0],
        "summary.json": json.loads((output / "summary.json").read_text()),
        "faces --json": faces,
    }


def test_every_key_of_every_json_means_what_it_means_in_the_others(told):
    validate(told["manifest"], {"avsep", "format", "input", "duration", *PARTS, "warnings"})
    run = {"input", "state", "output", "speakers", "files", "error", "hint", "seconds"}
    assert {entry["state"] for entry in told["summary.json"]} == {"skipped", "failed"}
    for entry in (told["split --json"], *told["summary.json"]):
        validate(entry, run | {"delay", "left_out", "warnings", "missing"})
    validate(told["faces --json"], {"input", "duration", "cuts", "speakers", "left_out"})


def test_all_say_the_same_of_the_same_people(told):
    (skipped,) = [entry for entry in told["summary.json"] if entry["state"] == "skipped"]
    full, seen = told["manifest"], told["faces --json"]
    for key in schema.SHARED:
        assert told["split --json"][key] == skipped[key] == full[key]
    assert seen["left_out"] == full["left_out"]
    assert full["left_out"][0]["kind"] == "too small"
    assert full["left_out"][0]["reason"].startswith("too small: ")
    for short, long in zip(seen["speakers"], full["speakers"], strict=True):
        assert short == {key: long[key] for key in short}


def test_every_word_stands_in_the_description(told):
    def list_keys(value):
        if isinstance(value, dict):
            return {*value}.union(
                *(list_keys(part) for key, part in value.items() if key != "options")
            )
        return set().union(*map(list_keys, value)) if isinstance(value, list) else set()

    documented = set(re.findall(r"\w+", schema.__doc__))
    assert list_keys(list(told.values())) - documented == set()


OLD = {
    "avsep": "0.1",
    "format": 1,
    "source": {"name": "a.mp4", "bytes": 7, "duration": 2.5, "width": 4, "video_stream": 0},
    "weights": {"name": "base", "sha256": "c0"},
    "speakers": [{"number": 1, "name": "Anna", "file": "Anna.wav", "seen": [[0, 1], [2, 2.5]]}],
    "sound_late": {"seconds": 0.08, "score": 0.5, "margin": 0.1},
    "left_out": [{"seen": [1, 2], "reason": "too small"}],
    "files": [{"name": "Anna.wav", "bytes": 9, "sha256": "d0"}],
}


def test_an_older_manifest_is_read_in_the_words_of_today(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(OLD))
    assert read_manifest(tmp_path) == {
        "avsep": "0.1",
        "format": 1,
        "input": "a.mp4",
        "duration": 2.5,
        "source": {"bytes": 7, "width": 4, "video_stream": 0},
        "weights": {"model": "base", "sha256": "c0"},
        "speakers": [{**OLD["speakers"][0], "visible": 1.5}],
        "delay": 0.08,
        "delay_score": 0.5,
        "delay_margin": 0.1,
        "left_out": [{"seen": [[1, 2]], "reason": "too small"}],
        "files": [{"file": "Anna.wav", "bytes": 9, "sha256": "d0"}],
    }


def test_a_manifest_of_today_is_left_as_it_is(told):
    assert upgrade(told["manifest"]) == told["manifest"]


def test_a_manifest_that_is_damaged_is_still_seen_to_be_there(tmp_path):
    damaged = {"avsep": "0.1", "source": 3}
    (tmp_path / "manifest.json").write_text(json.dumps(damaged))
    assert read_manifest(tmp_path) == damaged
