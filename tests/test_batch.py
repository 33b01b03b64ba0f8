from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from avsep.batch import Outcome, Task, collect_tasks, describe, find_finished, find_videos, run
from avsep.errors import MediaError
from avsep.pipeline import Result, Voice
from avsep.wanted import Options, describe_options


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


def finish(task: Task, *names: str, options: Options = Options()) -> None:  # noqa: B008
    """Write the result of an earlier run."""
    task.folder.mkdir(parents=True)
    for name in names:
        (task.folder / f"{name}.wav").write_text(name)
    manifest = {
        "avsep": "0",
        "source": {"name": task.source.name, "bytes": task.source.stat().st_size},
        "options": describe_options(options),
        "speakers": [
            {"number": number, "name": name, "seen": [[0, 1.5], [2, 3]]}
            for number, name in enumerate(names, 1)
        ],
        "files": [{"name": f"{name}.wav", "bytes": len(name)} for name in names],
    }
    (task.folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_folders_videos_are_found_at_any_depth(videos):
    found = [path.relative_to(videos) for path in find_videos(videos)]
    assert found == [Path("day/b.mp4"), Path("day/night/odd name")]


def test_a_damaged_video_is_not_passed_by_in_silence(videos):
    (videos / "broken.mp4").write_text("Hello!")
    assert videos / "broken.mp4" in list(find_videos(videos))


def test_results_are_not_taken_for_recordings(videos, clip):
    finish(Task(clip, videos / "out", named=True))
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
    assert [task.named for task in tasks] == [False, False, True]


def test_a_folder_without_videos_is_an_expected_failure(tmp_path):
    with pytest.raises(MediaError, match="no video"):
        collect_tasks([tmp_path], tmp_path / "out")


def test_a_finished_result_is_read_from_its_manifest(clip, tmp_path):
    task = Task(clip, tmp_path, named=False)
    finish(task, "Anna", "speaker-2")
    result = find_finished(task, Options())
    assert [(voice.name, voice.seen) for voice in result.voices] == [
        ("Anna", 2.5),
        ("speaker-2", 2.5),
    ]


def test_a_result_with_a_missing_file_is_not_finished(clip, tmp_path):
    task = Task(clip, tmp_path, named=False)
    finish(task, "Anna")
    (task.folder / "Anna.wav").unlink()
    assert find_finished(task, Options()) is None


@pytest.mark.parametrize(
    ("options", "is_finished"),
    [
        (Options(speakers={1: "Anna"}), True),
        (Options(speakers={1: "Anna"}, force=True), True),
        (Options(speakers={1: "Ben"}), False),
        (Options(speakers={1: "Anna", 2: "Ben"}), False),
        (Options(), False),
        (Options(speakers={1: "Anna"}, suffix=".flac"), False),
        (Options(speakers={1: "Anna"}, video=True), False),
    ],
)
def test_a_result_of_other_options_is_not_finished(clip, tmp_path, options, is_finished):
    task = Task(clip, tmp_path, named=False)
    finish(task, "Anna", options=Options(speakers={1: "Anna"}))
    assert (find_finished(task, options) is not None) == is_finished


def test_the_result_of_another_recording_is_not_finished(clip, silent_clip, tmp_path):
    task = Task(clip, tmp_path, named=False)
    finish(task, "Anna")
    other = tmp_path / "other" / clip.name
    other.parent.mkdir()
    shutil.copy(silent_clip, other)
    assert find_finished(Task(other, tmp_path, named=False), Options()) is None


def states(tasks: list[Task], options: Options) -> list[str]:
    def work(task: Task, options: Options) -> Outcome:
        del options
        return Outcome(task.source, "done")

    return [outcome.state for outcome in run(tasks, work, options)]


def test_only_recordings_of_a_folder_are_skipped_and_force_skips_none(clip, tmp_path):
    found = Task(clip, tmp_path, named=False)
    finish(found)
    assert states([found], Options()) == ["skipped"]
    assert states([found], Options(force=True)) == ["done"]
    assert states([Task(clip, tmp_path, named=True)], Options()) == ["done"]


def test_of_two_recordings_with_one_folder_the_second_fails(tmp_path):
    tasks = [Task(Path(f"{folder}/a.mp4"), tmp_path, named=True) for folder in "xy"]
    assert states(tasks, Options()) == ["done", "failed"]


def test_a_failure_is_described_with_its_hint():
    error = MediaError("a.mp4 is empty", hint="Copy it again.")
    told = describe(Outcome(Path("a.mp4"), "failed", error=error))
    assert (told["state"], told["error"], told["hint"]) == (
        "failed",
        "a.mp4 is empty",
        "Copy it again.",
    )
    assert told["speakers"] == told["files"] == []


def test_a_result_is_described_so_that_json_can_hold_it():
    voice = Voice(1, "Anna", 2.5, Path("out/a/Anna.wav"))
    result = Result(Path("out/a"), (voice,), (voice.path,), ("too small",))
    told = describe(Outcome(Path("a.mp4"), "done", result))
    assert json.loads(json.dumps(told))["speakers"] == [
        {"number": 1, "name": "Anna", "seen": 2.5, "path": "out/a/Anna.wav"}
    ]
