"""Jobs are done one after the other in a process of their own, and outlive the server."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.errors import MediaError
from avsep.media.ffmpeg import find_tool
from avsep.page.queue import FILE, Queue
from avsep.pipeline import SeparatorConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "same-sex.mp4"


@pytest.fixture
def working(library, weights):
    """A queue at work, two seconds of two people before it."""
    cut = [find_tool("ffmpeg"), "-loglevel", "error", "-ss", "2", "-i", EXAMPLE, "-t", "2.5"]
    subprocess.run([*cut, library.folder / "a.mp4"], check=True)
    queue = Queue(library, SeparatorConfig(weights, "cpu"))
    queue.start()
    yield queue
    queue.close()


def wait_for(queue, number, *states, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = queue.get(number)
        if job is None or job.state in states:
            return job
        time.sleep(0.1)
    raise AssertionError(f"job {number} is {queue.get(number)}")


def test_faces_are_named_and_split_into_the_same_bytes_as_by_the_command(
    working, library, weights, tmp_path
):
    working.add("people", "a.mp4", {})
    found = wait_for(working, 1, "done", "failed")
    assert [person["number"] for person in found.people] == [1, 2]
    assert working.portraits[1, 2].startswith(b"\xff\xd8")  # JPEG
    working.add("split", "a.mp4", {"speakers": {"2": "Ben"}})
    done = wait_for(working, 2, "done", "failed")
    assert (done.state, done.folder) == ("done", "a")
    words = ["split", str(library.folder / "a.mp4"), "-o", str(tmp_path / "other"), "--report"]
    words += ["--speakers", "Ben=2", "--model", str(weights), "--device", "cpu"]
    assert CliRunner().invoke(app, words).exit_code == 0
    ours, theirs = library.output / "a", tmp_path / "other" / "a"
    assert sorted(p.name for p in ours.iterdir()) == sorted(p.name for p in theirs.iterdir())
    for name in ("Ben.wav", "rest.wav"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    # The process lives on, and a job that fails does so in words.
    working.add("split", "a.mp4", {})
    failed = wait_for(working, 3, "failed", "done")
    assert failed.state == "failed"
    assert "exists already" in failed.error


def test_a_part_has_a_result_of_its_own_and_its_own_people(working, library):
    part = {"range": "0:00.5-0:01.5"}
    working.add("people", "a.mp4", part)
    working.add("split", "a.mp4", part)
    assert wait_for(working, 1, "done", "failed").people
    done = wait_for(working, 2, "done", "failed")
    assert (done.state, done.folder) == ("done", "a@0m00.5s-0m01.5s")
    voice = soundfile.info(library.output / done.folder / "rest.wav")
    assert voice.frames == voice.samplerate


def test_two_faces_of_one_name_have_one_file(working, library):
    working.add("split", "a.mp4", {"speakers": {"1": "Anna", "2": "Anna"}})
    assert wait_for(working, 1, "done", "failed").error == ""
    names = sorted(path.name for path in (library.output / "a").glob("*.wav"))
    assert [name for name in names if "16k" not in name] == ["Anna.wav", "rest.wav"]


def test_a_job_under_way_is_cancelled_and_the_next_one_done(working, library):
    working.add("split", "a.mp4", {})
    working.add("people", "a.mp4", {})
    wait_for(working, 1, "working")
    working.cancel(1)
    assert wait_for(working, 2, "done", "failed").state == "done"
    assert working.get(1).state == "cancelled"
    assert not [p for p in library.output.glob("**/*") if p.suffix == ".wav"]


def test_what_is_no_video_fails_in_words(working, library):
    (library.folder / "b.mp4").write_bytes(b"no video")
    working.add("split", "b.mp4", {})
    failed = wait_for(working, 1, "failed", "done")
    assert failed.state == "failed"
    assert "b.mp4" in failed.error
    assert failed.hint


def test_jobs_wait_again_after_a_restart(library, queue):
    (library.folder / "a.mp4").write_bytes(b"x")
    queue.add("split", "a.mp4", {"mkv": True})
    kept = json.loads((library.folder / FILE).read_text())
    kept[0]["state"] = "working"
    kept[0]["of_a_later_version"] = 1
    (library.folder / FILE).write_text(json.dumps(kept))
    again = Queue(library, SeparatorConfig()).jobs()
    assert [(j.number, j.state, j.wanted) for j in again] == [(1, "waiting", {"mkv": True})]


def test_a_list_of_jobs_that_is_none_is_passed_by(library):
    (library.folder / FILE).write_text("[1, {}]")
    assert Queue(library, SeparatorConfig()).jobs() == []


def test_a_recording_that_is_not_there_is_refused_at_once(queue):
    with pytest.raises(MediaError, match="no recording"):
        queue.add("split", "none.mp4", {})
    assert queue.jobs() == []
