from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest

from avsep.batch.jobs import collect_tasks, find_videos, keep_apart
from avsep.errors import MediaError
from avsep.media.probing import probe


@pytest.fixture
def videos(clip, silent_clip, tone, tmp_path) -> Path:
    """A folder with two videos, and much that is none."""
    folder = tmp_path / "videos"
    (folder / "day" / "night").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    shutil.copy(clip, folder / "day" / "b.mp4")
    shutil.copy(clip, folder / ".hidden" / "c.mp4")
    shutil.copy(clip, folder / ".d.mp4")
    shutil.copy(silent_clip, folder / "day" / "night" / "odd name")
    shutil.copy(tone, folder / "tone.wav")
    (folder / "notes.txt").write_text("Hello!")
    return folder


def test_a_folders_videos_are_found_at_any_depth(videos):
    found = [path.relative_to(videos) for path in find_videos(videos)]
    assert found == [Path("day/b.mp4"), Path("day/night/odd name")]


def test_a_damaged_video_is_not_passed_by_in_silence(videos):
    (videos / "broken.mp4").write_text("Hello!")
    assert videos / "broken.mp4" in list(find_videos(videos))


def test_a_link_that_leads_nowhere_is_not_passed_by_in_silence(videos):
    (videos / "broken.MP4").symlink_to("nowhere.mp4")
    (videos / "broken.txt").symlink_to("nowhere.txt")
    found = list(find_videos(videos))
    assert videos / "broken.MP4" in found
    assert videos / "broken.txt" not in found


def test_a_folder_that_is_locked_is_not_passed_by_in_silence(videos, monkeypatch):
    walk = os.walk

    def refuse(folder, onerror):
        yield from walk(folder)
        onerror(PermissionError(13, "Permission denied", str(videos / "day")))

    monkeypatch.setattr("os.walk", refuse)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert list(find_videos(videos))[-1] == videos / "day"
    with pytest.raises(MediaError, match="day can't be looked into"):
        probe(videos / "day")


def test_a_link_to_a_folder_is_passed_by_and_named_once(videos, tmp_path, caplog):
    (tmp_path / "elsewhere").mkdir()
    (videos / "linked").symlink_to(tmp_path / "elsewhere")
    assert len(list(find_videos(videos))) == len(list(find_videos(videos))) == 2
    assert caplog.text.count("linked is a link to a folder, and passed by") == 1


def test_a_recording_that_is_named_twice_in_two_ways_is_one(videos, tmp_path):
    sources = [videos / "day" / "b.mp4", videos / "day" / ".." / "day" / "b.mp4"]
    assert len(collect_tasks(sources, tmp_path / "out")) == 1


def test_results_are_not_taken_for_recordings(videos, clip):
    (videos / "out" / "clip").mkdir(parents=True)
    (videos / "out" / "clip" / "manifest.json").write_text('{"avsep": "0"}')
    shutil.copy(clip, videos / "out" / "clip" / "speaker-1.mp4")
    assert len(list(find_videos(videos))) == 2


def test_a_folder_with_another_programs_manifest_is_looked_into(videos):
    (videos / "day" / "manifest.json").write_text('{"name": "app"}')
    assert len(list(find_videos(videos))) == 2


def test_results_of_a_folder_keep_its_tree(videos, tmp_path):
    tasks = collect_tasks([videos, tmp_path / "x.mp4"], tmp_path / "out")
    assert [task.folder.relative_to(tmp_path / "out") for task in tasks] == [
        Path("day/b"),
        Path("day/night/odd name"),
        Path("x"),
    ]


def test_a_folder_without_videos_is_an_expected_failure(tmp_path):
    with pytest.raises(MediaError, match="no video"):
        collect_tasks([tmp_path], tmp_path / "out")


def test_a_recording_that_is_named_twice_is_done_once(clip, tmp_path):
    assert len(collect_tasks([clip, clip, clip.parent / "." / clip.name], tmp_path)) == 1


def test_a_pipe_in_a_folder_is_passed_by(videos):
    os.mkfifo(videos / "pipe.mp4")
    assert len(list(find_videos(videos))) == 2


def place(names: list[str]) -> dict[str, str]:
    tasks = keep_apart([(Path("/in") / name, Path("out")) for name in names], [Path("out/taken")])
    return {task.source.name: str(task.folder.relative_to("out")) for task in tasks}


@pytest.mark.parametrize(
    "places",
    [
        {"ep.1.mp4": "ep.1", "ep.2.mp4": "ep.2", "ep": "ep"},
        {"a.mov": "a.mov", "a.mp4": "a.mp4", "b.mp4": "b"},
        {"a.mov": "a.mov", "a.mp4": "in/a.mp4", "a.mp4.mkv": "a.mp4.mkv"},
        {"A.mov": "A.mov", "a.mp4": "a.mp4"},
        {"taken.mp4": "taken.mp4"},
        {"..mp4": "..mp4"},
    ],
)
def test_results_get_folders_of_their_own_in_whatever_order(places):
    for names in itertools.permutations(places):
        assert place(list(names)) == places


def test_names_that_differ_by_case_alone_get_different_folders():
    folders = place(["a.mp4", "A.mp4"]).values()
    assert len({folder.casefold() for folder in folders}) == 2


def test_recordings_of_one_name_get_the_names_of_their_folders():
    tasks = keep_apart([(Path(f"/{day}/a.mp4"), Path("out")) for day in ("mon", "tue")])
    assert [str(task.folder) for task in tasks] == ["out/mon/a.mp4", "out/tue/a.mp4"]


def test_a_recording_beside_a_folder_of_its_name_leaves_that_to_the_folder():
    inner = (Path("/in/day/b.mp4"), Path("out/day"))
    tasks = keep_apart([(Path("/in/day.mp4"), Path("out")), inner])
    assert [str(task.folder) for task in tasks] == ["out/day.mp4", "out/day/b"]
