"""Jobs are done one after the other in a process of their own, and outlive the server."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.errors import MediaError, OutputError
from avsep.media.ffmpeg import find_tool
from avsep.page.kept_jobs import FILE
from avsep.page.library import Library
from avsep.page.messages import Finished, Found
from avsep.page.orders import Job
from avsep.page.places import TakenError
from avsep.page.queue import Queue
from avsep.pipeline import SeparatorConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "same-sex.mp4"


@pytest.fixture
def working(library, folder, weights):
    """A queue at work, two seconds of two people before it."""
    cut = [find_tool("ffmpeg"), "-loglevel", "error", "-ss", "2", "-i", EXAMPLE, "-t", "2.5"]
    subprocess.run([*cut, folder / "a.mp4"], check=True)
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
    working, folder, output, weights, tmp_path
):
    working.add("people", "a.mp4", {})
    wait_for(working, 1, "done", "failed")
    found = working.faces(1)
    assert [person["number"] for person in found.people] == [1, 2]
    assert found.portraits[2, 0].startswith(b"\xff\xd8")  # JPEG
    working.add("split", "a.mp4", {"speakers": {"2": "Ben"}})
    done = wait_for(working, 2, "done", "failed")
    assert (done.state, done.folder) == ("done", "a")
    words = ["split", str(folder / "a.mp4"), "-o", str(tmp_path / "other"), "--report"]
    words += ["--speakers", "Ben=2", "--model", str(weights), "--device", "cpu"]
    assert CliRunner().invoke(app, words).exit_code == 0
    ours, theirs = output / "a", tmp_path / "other" / "a"
    assert sorted(p.name for p in ours.iterdir()) == sorted(p.name for p in theirs.iterdir())
    for name in ("Ben.wav", "rest.wav"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    with pytest.raises(TakenError, match="exists already"):
        working.add("split", "a.mp4", {})


def test_a_part_has_a_result_of_its_own_and_its_own_people(working, folder, output):
    part = {"range": "0:00.5-0:01.5"}
    working.add("people", "a.mp4", part)
    working.add("split", "a.mp4", part)
    assert wait_for(working, 1, "done", "failed").state == "done"
    assert working.faces(1).people
    done = wait_for(working, 2, "done", "failed")
    assert (done.state, done.folder) == ("done", "a@0m00.5s-0m01.5s")
    voice = soundfile.info(output / done.folder / "rest.wav")
    assert voice.frames == voice.samplerate


def test_two_faces_of_one_name_have_one_file(working, folder, output):
    working.add("split", "a.mp4", {"speakers": {"1": "Anna", "2": "Anna"}})
    assert wait_for(working, 1, "done", "failed").error == ""
    names = sorted(path.name for path in (output / "a").glob("*.wav"))
    assert [name for name in names if "16k" not in name] == ["Anna.wav", "rest.wav"]


def test_a_job_under_way_is_cancelled_and_the_next_one_done(working, folder, output):
    working.add("split", "a.mp4", {})
    working.add("people", "a.mp4", {})
    wait_for(working, 1, "working")
    working.cancel(1)
    assert wait_for(working, 2, "done", "failed").state == "done"
    assert working.get(1).state == "cancelled"
    assert not [p for p in output.glob("**/*") if p.suffix == ".wav"]


def test_what_is_no_video_fails_in_words(working, folder, output):
    (folder / "b.mp4").write_bytes(b"no video")
    working.add("split", "b.mp4", {})
    failed = wait_for(working, 1, "failed", "done")
    assert failed.state == "failed"
    assert "b.mp4" in failed.error
    assert failed.hint


def test_jobs_wait_again_after_a_restart(library, folder, queue):
    (folder / "a.mp4").write_bytes(b"x")
    queue.add("split", "a.mp4", {"mkv": True})
    kept = json.loads((folder / FILE).read_text())
    kept[0]["state"] = "working"
    kept[0]["of_a_later_version"] = 1
    (folder / FILE).write_text(json.dumps(kept))
    again = Queue(library, SeparatorConfig()).jobs()
    assert [(j.number, j.state, j.wanted) for j in again] == [(1, "waiting", {"mkv": True})]


def test_a_search_for_faces_waits_again_unless_it_is_over(library, folder, queue):
    (folder / "a.mp4").write_bytes(b"x")
    for part in ("0:00-0:01", "0:01-0:02"):
        queue.add("people", "a.mp4", {"range": part})
    queue._conclude(queue.get(1), Found((), {}))
    again = Queue(library, SeparatorConfig()).jobs()
    assert [(j.kind, j.state, j.wanted) for j in again] == [
        ("people", "waiting", {"range": "0:01-0:02"})
    ]


def test_a_list_of_jobs_that_is_none_is_passed_by(library, folder):
    (folder / FILE).write_text("[1, {}]")
    assert Queue(library, SeparatorConfig()).jobs() == []


def test_a_recording_that_is_not_there_is_refused_at_once(queue):
    with pytest.raises(MediaError, match="no recording"):
        queue.add("split", "none.mp4", {})
    assert queue.jobs() == []


def test_a_list_of_jobs_from_a_stranger_does_no_harm(library, folder):
    """What is no job is passed by, and what is one leads nowhere else."""
    good = asdict(Job(7, "split", "a.mp4", state="done", folder="../../etc"))
    odd = [
        good | {"recording": 5},
        good | {"wanted": "force"},
        good | {"kind": "wipe"},
        good | {"state": "odd"},
        good | {"ordered": "today"},
        good | {"ordered": 1e300},
        good | {"ordered": float("nan")},
        good | {"wanted": {"range": float("inf")}},
        {"number": 1},
        "job",
        None,
    ]
    (folder / FILE).write_text(json.dumps([*odd, good]))
    queue = Queue(library, SeparatorConfig())
    assert [(j.number, j.recording) for j in queue.jobs()] == [(1, "a.mp4")]


@pytest.mark.parametrize("place", ["voices", "voices/a"])
def test_a_strangers_list_replaces_nothing_where_a_link_leads(library, folder, tmp_path, place):
    (tmp_path / "mine").mkdir()
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).symlink_to(tmp_path / "mine")
    job = asdict(Job(7, "split", "a.mp4", wanted={"force": True}))
    (folder / FILE).write_text(json.dumps([job]))
    queue = Queue(library, SeparatorConfig())
    assert [job.wanted["force"] for job in queue.jobs()] == [False]


@pytest.fixture
def folders(tmp_path):
    """Two, with a recording of the same name in each."""
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
        (place / "a.mp4").write_bytes(b"x")
    return places


def test_each_folder_keeps_its_own_jobs(folders):
    queue = Queue(Library.of(folders), SeparatorConfig())
    queue.add("split", "two/a.mp4", {})
    queue.add("split", "one/a.mp4", {"mkv": True})
    alone = Queue(Library.of(folders[:1]), SeparatorConfig()).jobs()
    assert [(j.number, j.recording, j.wanted) for j in alone] == [(1, "a.mp4", {"mkv": True})]
    both = Queue(Library.of(folders[::-1]), SeparatorConfig()).jobs()
    assert {j.recording for j in both} == {"one/a.mp4", "two/a.mp4"}


def test_a_list_that_cannot_be_kept_stops_nobody(queue, folder, monkeypatch, caplog):
    def refuse(*_):
        raise OutputError("the disk is full")

    (folder / "a.mp4").write_bytes(b"x")
    monkeypatch.setattr("avsep.page.queue.keep_jobs", refuse)
    queue.add("split", "a.mp4", {})
    assert [job.state for job in queue.jobs()] == ["waiting"]
    assert "the disk is full" in caplog.text


def test_a_recording_that_vanishes_while_it_waits_fails_and_the_next_is_done(queue, folder):
    for name in ("a.mp4", "b.mp4"):
        (folder / name).write_bytes(b"x")
        queue.add("split", name, {})
        (folder / name).unlink()
    queue.start()
    for number in (1, 2):
        assert "no recording" in wait_for(queue, number, "failed", "done").error
    queue.close()


def test_a_result_that_a_later_job_replaces_is_known_as_such(tmp_path, folders):
    queue = Queue(Library.of(folders), SeparatorConfig())
    for number, label in enumerate(("one", "two", "one"), 1):
        job = queue.add("split", f"{label}/a.mp4", {"force": True})
        queue._conclude(job, Finished(tmp_path / label / "voices" / "a"))
        assert queue.get(number).replaced is False
    assert [job.replaced for job in queue.jobs()] == [True, False, False]
    again = Queue(Library.of(folders), SeparatorConfig()).jobs()
    assert [(job.recording, job.replaced) for job in again] == [
        ("one/a.mp4", True),
        ("one/a.mp4", False),
        ("two/a.mp4", False),
    ]
    assert all(abs(job.ordered - time.time()) < 60 for job in again)


def test_old_jobs_and_their_faces_are_forgotten(queue, folder, monkeypatch):
    monkeypatch.setattr("avsep.page.queue.KEPT", 3)
    (folder / "a.mp4").write_bytes(b"x")
    for number in range(1, 6):
        queue.add("people", "a.mp4", {})
        queue._conclude(queue.get(number), Found((), {(1, 0): b"face"}))
    assert [job.number for job in queue.jobs()] == [3, 4, 5]
    assert queue._faces.keys() == {3, 4, 5}


def test_who_was_taken_for_one_is_divided_as_by_the_command(
    working, folder, output, weights, tmp_path
):
    wanted = {"speakers": {"1": "Anna", "3": "Cat"}, "divide": ["1=0:01.2-0:02.48"]}
    working.add("people", "a.mp4", {})
    working.add("split", "a.mp4", wanted)
    assert wait_for(working, 2, "done", "failed").error == ""
    moments = {p["number"]: p["moments"] for p in working.faces(1).people}
    assert moments[1][0]["range"].startswith("0:00-")
    words = ["split", str(folder / "a.mp4"), "-o", str(tmp_path / "other"), "--report"]
    words += ["--speakers", "Anna=1,Cat=3", "--divide", "1=0:01.2-0:02.48"]
    words += ["--model", str(weights), "--device", "cpu"]
    assert CliRunner().invoke(app, words).exit_code == 0
    for name in ("Anna.wav", "Cat.wav", "rest.wav"):
        theirs = (tmp_path / "other" / "a" / name).read_bytes()
        assert (output / "a" / name).read_bytes() == theirs
    voice = soundfile.read(output / "a" / "Cat.wav", always_2d=True)[0]
    assert not voice[: int(1.1 * 44100)].any()
    assert voice[int(1.2 * 44100) :].any()
