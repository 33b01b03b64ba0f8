from __future__ import annotations

import json
import shutil

import pytest

from avsep.earlier import find_finished
from avsep.errors import OutputError
from avsep.tasks import Task
from avsep.wanted import Options, describe_options

WEIGHTS = "a1"


def finish(task: Task, *names: str, options: Options = Options()) -> None:  # noqa: B008
    """Write the result of an earlier run."""
    task.folder.mkdir(parents=True)
    for name in names:
        (task.folder / f"{name}.wav").write_text(name)
    manifest = {
        "avsep": "0",
        "source": {"name": task.source.name, "bytes": task.source.stat().st_size},
        "options": describe_options(options),
        "weights": {"name": "base", "sha256": WEIGHTS},
        "speakers": [
            {"number": number, "name": name, "file": f"{name}.wav", "seen": [[0, 1.5], [2, 3]]}
            for number, name in enumerate(names, 1)
        ],
        "files": [{"name": f"{name}.wav", "bytes": len(name)} for name in names],
    }
    (task.folder / "manifest.json").write_text(json.dumps(manifest))


def find(task: Task, options: Options = Options()):  # noqa: B008
    return find_finished(task, options, WEIGHTS)


def test_a_finished_result_is_read_from_its_manifest(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna", "speaker-2")
    result = find(task)
    assert [(voice.name, voice.seen) for voice in result.voices] == [
        ("Anna", 2.5),
        ("speaker-2", 2.5),
    ]


def test_a_result_with_a_missing_file_is_not_finished(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    (task.folder / "Anna.wav").unlink()
    assert find(task) is None


@pytest.mark.parametrize(
    ("options", "other"),
    [
        (Options(speakers={1: "Anna"}, force=True), ""),
        (Options(speakers={1: "Ben"}), "speakers"),
        (Options(), "speakers"),
        (Options(speakers={1: "Anna"}, suffix=".flac", video=True), "suffix, video"),
    ],
)
def test_a_result_of_other_options_is_named_as_such(clip, tmp_path, options, other):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna", options=Options(speakers={1: "Anna"}))
    if not other:
        assert find(task, options)
        return
    with pytest.raises(OutputError, match=rf"other options \({other}\)") as caught:
        find(task, options)
    assert "--force" in caught.value.hint


def test_a_result_of_other_weights_is_kept_and_said(clip, tmp_path, caplog):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    assert find_finished(task, Options(), "0f")
    assert "was made with other weights (base); --force makes it again" in caplog.text


def test_the_result_of_another_recording_is_not_finished(clip, silent_clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    other = tmp_path / "other" / clip.name
    other.parent.mkdir()
    shutil.copy(silent_clip, other)
    assert find(Task(other, tmp_path, clip.stem)) is None


def test_a_result_under_the_shorter_name_counts_after_a_neighbour_came(clip, tmp_path):
    finish(Task(clip, tmp_path, clip.stem), "Anna")
    assert find(Task(clip, tmp_path, clip.name)).folder == tmp_path / clip.stem


def test_a_result_under_any_shorter_name_counts(clip, tmp_path):
    name = f"{clip.parent.name}/{clip.name}"
    finish(Task(clip, tmp_path, clip.stem), "Anna")
    assert find(Task(clip, tmp_path, name)).folder == tmp_path / clip.stem
    finish(Task(clip, tmp_path, clip.name), "Anna")
    assert find(Task(clip, tmp_path, name)).folder == tmp_path / clip.name
