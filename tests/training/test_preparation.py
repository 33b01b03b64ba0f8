"""Videos and sounds become clips of a training set."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import soundfile

from avsep.errors import DataError, OutputError
from avsep.faces.detectors import Face
from avsep.training import preparation as preparing
from avsep.training.clips import find_speakers
from avsep.training.preparation import count_missing, prepare

POINTS = np.array([[60, 40], [90, 40], [75, 58], [63, 75], [87, 75]], np.float32)


@pytest.fixture(autouse=True)
def one_face(monkeypatch):
    face = Face(np.array([45, 10, 105, 100], np.float32), POINTS, 0.99)
    monkeypatch.setattr(preparing, "load_detector", lambda: lambda image: [face])


def test_a_video_becomes_mouths_and_sound_of_one_length(clip, tmp_path):
    source = tmp_path / "videos/corpus/ann"
    source.mkdir(parents=True)
    shutil.copy(clip, source / "a.mp4")
    (report,) = prepare(tmp_path / "videos", tmp_path / "set")
    assert (report.frames, report.problem) == (50, "")
    (speaker,) = find_speakers([tmp_path / "set"])
    made = speaker.clips[0]
    assert (speaker.name, made.corpus, made.frames) == ("corpus/ann", "corpus", 50)
    assert made.read_mouths(0, 50).shape == (50, 80, 80)
    tone = np.abs(np.fft.rfft(made.read_sound(10, 35)))
    assert tone.argmax() == 440


def test_mouths_and_sound_stay_in_step(clip, number_of, tmp_path):
    source = tmp_path / "videos/corpus/ann"
    source.mkdir(parents=True)
    shutil.copy(clip, source / "a.mp4")
    list(prepare(tmp_path / "videos", tmp_path / "set"))
    mouths = find_speakers([tmp_path / "set"])[0].clips[0].read_mouths(0, 50)
    grey = mouths[:, 40, 40].astype(int)
    assert (np.diff(grey) > 0).all()  # frame n is brighter than frame n - 1


def test_a_sound_file_becomes_16_khz_mono(tmp_path):
    (tmp_path / "in/corpus/ben").mkdir(parents=True)
    time = np.arange(44_100) / 44_100
    stereo = np.stack([np.sin(2 * np.pi * 440 * time)] * 2, 1) / 4
    soundfile.write(tmp_path / "in/corpus/ben/a.flac", stereo, 44_100)
    (report,) = prepare(tmp_path / "in", tmp_path / "set")
    made = find_speakers([tmp_path / "set"])[0].clips[0]
    assert (report.frames, made.frames, made.has_mouths) == (25, 25, False)
    assert np.abs(np.fft.rfft(made.read_sound(0, 25))).argmax() == 440


def test_what_cannot_be_used_is_told_and_stops_nothing(clip, silent_clip, tmp_path):
    source = tmp_path / "in/corpus/ann"
    source.mkdir(parents=True)
    shutil.copy(clip, source / "a.mp4")
    shutil.copy(silent_clip, source / "b.mp4")
    (source / "c.mp4").write_text("no video")
    (source / "d.wav").write_bytes(b"")
    soundfile.write(source / "e.wav", np.zeros(100), 16_000)
    reports = {report.source.name: report for report in prepare(tmp_path / "in", tmp_path / "set")}
    assert reports["a.mp4"].frames == 50
    assert {name: report.kind for name, report in reports.items()} == {
        "a.mp4": "",
        "b.mp4": "no audio stream",
        "c.mp4": "cannot be read",
        "d.wav": "cannot be read",
        "e.wav": "too short",
    }
    assert "c.mp4" in reports["c.mp4"].problem


def test_clips_that_are_there_are_left_alone(clip, tmp_path):
    (tmp_path / "in/corpus/ann").mkdir(parents=True)
    shutil.copy(clip, tmp_path / "in/corpus/ann/a.mp4")
    assert count_missing(tmp_path / "in", tmp_path / "set") == 1
    list(prepare(tmp_path / "in", tmp_path / "set"))
    assert count_missing(tmp_path / "in", tmp_path / "set") == 0
    assert list(prepare(tmp_path / "in", tmp_path / "set")) == []


def test_recordings_that_differ_by_their_suffix_alone_become_two_clips(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.wav", "a.flac", "b.1.wav", "b.2.wav"):
        soundfile.write(tmp_path / "in" / name, np.zeros(16_000), 16_000)
    assert all(report.frames for report in prepare(tmp_path / "in", tmp_path / "set"))
    made = sorted(path.stem for path in (tmp_path / "set").iterdir())
    assert made == ["a.flac", "a.wav", "b.1", "b.2"]


def test_notes_beside_a_recording_do_not_change_its_name(tmp_path):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in/a.wav", np.zeros(16_000), 16_000)
    list(prepare(tmp_path / "in", tmp_path / "set"))
    (tmp_path / "in/a.txt").write_text("what is said")
    (report,) = prepare(tmp_path / "in", tmp_path / "set")
    assert report.source.name == "a.txt"
    assert [path.stem for path in (tmp_path / "set").iterdir()] == ["a"]


def test_a_process_that_dies_is_told(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name in "ab":
        soundfile.write(tmp_path / f"in/{name}.wav", np.zeros(16_000), 16_000)
    monkeypatch.setattr(preparing, "_prepare_sound", lambda *_: os._exit(1))
    reports = list(prepare(tmp_path / "in", tmp_path / "set", jobs=2))
    assert [report.frames for report in reports] == [0, 0]
    assert all("a process died" in report.problem for report in reports)


def test_a_process_that_dies_takes_no_other_file_along(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name in "abcdef":
        soundfile.write(tmp_path / f"in/{name}.wav", np.full(16_000, 0.1), 16_000)
    whole = preparing._prepare_sound
    monkeypatch.setattr(
        preparing,
        "_prepare_sound",
        lambda path, clip: os._exit(1) if path.stem == "c" else whole(path, clip),
    )
    reports = {r.source.stem: r for r in prepare(tmp_path / "in", tmp_path / "set", jobs=2)}
    assert [name for name in sorted(reports) if not reports[name].frames] == ["c"]
    assert reports["c"].kind == preparing.DIED


def test_a_full_disk_ends_the_run(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name in "ab":
        soundfile.write(tmp_path / f"in/{name}.wav", np.full(16_000, 0.1), 16_000)

    def refuse(*_):
        raise OutputError("the disk is full")

    monkeypatch.setattr(preparing, "write_clip", refuse)
    for jobs in (1, 2):
        with pytest.raises(OutputError, match="full"):
            list(prepare(tmp_path / "in", tmp_path / "set", jobs=jobs))


def test_a_source_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        list(prepare(tmp_path / "nothing", tmp_path / "set"))


@pytest.mark.parametrize("lip_size", [64, 112])
def test_mouths_are_stored_for_the_side_that_the_network_sees(clip, tmp_path, lip_size):
    shutil.copytree(clip.parent, tmp_path / "in")
    (done,) = prepare(tmp_path / "in", tmp_path / "out", lip_size=lip_size)
    assert done.frames, done.problem
    (made,) = find_speakers([tmp_path / "out"])[0].clips
    assert made.lip_size == lip_size
    assert made.read_mouths(0, 1).shape[1:] == (lip_size * 5 // 4,) * 2


def test_somebody_who_stays_through_a_cut_gives_one_clip(make_media, tmp_path, monkeypatch):
    def cut_in_the_middle(images):
        for number, image in enumerate(images):
            yield image, number == 25

    monkeypatch.setattr("avsep.faces.scan.mark_cuts", cut_in_the_middle)
    (tmp_path / "videos/corpus/ann").mkdir(parents=True)
    picture = ("-f", "lavfi", "-i", "smptebars=160x120:r=25:d=2")
    bars = make_media("bars.mp4", *picture, "-f", "lavfi", "-i", "sine=440:d=2")
    shutil.copy(bars, tmp_path / "videos/corpus/ann/a.mp4")
    (report,) = prepare(tmp_path / "videos", tmp_path / "set")
    assert (report.frames, report.problem) == (50, "")


def test_a_run_that_is_ended_leaves_the_rest_undone(tmp_path):
    (tmp_path / "in/corpus/ben").mkdir(parents=True)
    for number in range(60):
        soundfile.write(tmp_path / f"in/corpus/ben/{number}.wav", np.full(44_100, 0.1), 44_100)
    run = prepare(tmp_path / "in", tmp_path / "set", jobs=2)
    next(run)
    run.close()
    missing = count_missing(tmp_path / "in", tmp_path / "set")
    assert missing > 40
    assert len(list(prepare(tmp_path / "in", tmp_path / "set", jobs=2))) == missing
