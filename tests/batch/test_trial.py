"""How long a recording takes, from two seconds of it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from avsep.batch import trial as trials
from avsep.batch.trial import Pace, Trial
from avsep.cli.app import app
from avsep.errors import MediaError
from avsep.media.probing import probe
from avsep.pipeline import SeparatorConfig


@pytest.fixture
def slow(monkeypatch):
    """A detector that takes 10 ms for every search, and finds nobody; it counts."""
    searches = []

    def detect(image):
        searches.append(image.shape)
        time.sleep(0.01)
        return []

    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: detect)
    return searches


@pytest.fixture(scope="module")
def long_clip(make_media):
    source = "testsrc2=size=160x120:rate=25:duration=20"
    tone = "sine=frequency=440:sample_rate=16000:duration=20"
    made = ("-f", "lavfi", "-i", source, "-f", "lavfi", "-i", tone, "-c:v", "libx264")
    return make_media("long.mp4", *made, "-preset", "ultrafast", "-c:a", "aac")


def test_time_grows_with_the_length_and_with_the_voices(clip):
    info = replace(probe(clip), duration=100.0)
    pace = Pace(faces=0.01, voices=0.002, loading=3.0)
    assert pace.estimate(info, 2) == pytest.approx(3 + 2500 * 0.014)
    assert pace.estimate(info, 5) == pytest.approx(3 + 2500 * 0.020)


def test_a_long_recording_is_tried_as_quickly_as_a_short_one(slow, clip, long_clip):
    searches = []
    for path in (clip, long_clip):
        slow.clear()
        assert Trial(SeparatorConfig(device="cpu")).estimate(probe(path), 2) > 0
        searches.append(len(slow))
    assert searches[0] == searches[1] <= 2 * trials.FRAMES


@pytest.mark.parametrize(("suffix", "seen"), [("mp4", {255}), ("ts", {0})])
def test_the_middle_is_tried_where_it_is_found_at_once(make_media, monkeypatch, suffix, seen):
    looked = set()
    detect = lambda image: looked.add(round(float(image.mean()) / 255) * 255) or []  # noqa: E731
    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: detect)
    halves = "[0]drawbox=color=white:thickness=fill:enable='gt(t,8)'"
    black = ("-f", "lavfi", "-i", "color=black:size=160x120:rate=25:duration=20")
    tone = ("-f", "lavfi", "-i", "sine=sample_rate=16000:duration=20")
    made = ("-filter_complex", halves, "-c:v", "libx264", "-g", "25", "-c:a", "aac")
    path = make_media(f"halves.{suffix}", *black, *tone, *made)
    assert Trial(SeparatorConfig(device="cpu")).estimate(probe(path), 2) > 0
    assert looked == seen


def test_an_estimate_is_in_proportion_to_the_length(slow, clip):
    del slow
    trial, info = Trial(SeparatorConfig(device="cpu")), probe(clip)
    short = trial.estimate(replace(info, duration=100.0), 2)
    long = trial.estimate(replace(info, duration=1000.0), 2)
    loading = next(iter(trial._paces.values())).loading
    assert long - loading == pytest.approx(10 * (short - loading))


def test_each_size_of_frames_is_tried_once_and_others_by_the_nearest(slow, clip, monkeypatch):
    del slow
    tried = []
    monkeypatch.setattr(Trial, "_try_out", lambda _, info: tried.append(info) or Pace(1, 1))
    trial, info = Trial(SeparatorConfig(device="cpu")), probe(clip)
    trial.estimate(info, 1)
    trial.estimate(info, 1)
    assert len(tried) == 1
    trial._spent = trials.BUDGET
    large = replace(info, videos=(replace(info.video, width=info.width * 2),))
    assert trial.estimate(large, 1) == pytest.approx(2 * 25 * info.duration)
    assert len(tried) == 1


def test_what_cannot_be_tried_has_no_estimate(slow, clip, monkeypatch):
    del slow

    def fail(*_):
        raise MediaError("broken")

    monkeypatch.setattr("avsep.batch.trial.read_pictures", fail)
    assert Trial(SeparatorConfig(device="cpu")).estimate(probe(clip), 2) is None


def test_a_dry_run_says_time_and_disk(slow, long_clip, tmp_path, monkeypatch):
    del slow
    monkeypatch.chdir(tmp_path)
    words = ["split", "--dry-run", "--device", "cpu", str(long_clip)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    head, row = done.stdout.splitlines()
    assert head.split()[-3:] == ["takes", "about", "and"]
    minutes, seconds = row.split()[-3].split(":")
    assert row.endswith(" MB")
    (entry,) = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert 0 < entry["time"] < 600
    assert 0 < int(minutes) * 60 + int(seconds) < 600
    assert entry["disk"] > 1e6
    assert list(tmp_path.iterdir()) == []
