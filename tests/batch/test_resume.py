from __future__ import annotations

import json
import shutil

import pytest

from avsep.batch.jobs import Task
from avsep.batch.resume import find_finished
from avsep.errors import OutputError
from avsep.options import Options, describe_options
from avsep.outputs.catalogue.replay import Replay
from avsep.outputs.inputs import describe_file, list_inputs
from avsep.outputs.schema import FORMAT

WEIGHTS = {"model": "base", "sha256": "a1", "passes": 2}
TOOLS = {"weights": WEIGHTS, "detector": "retinaface"}


def finish(
    task: Task,
    *names: str,
    options: Options = Options(),  # noqa: B008
    **tools: object,
) -> None:
    """Write the result of an earlier run."""
    task.folder.mkdir(parents=True)
    for name in names:
        (task.folder / f"{name}.wav").write_text(name)
    manifest = {
        "avsep": "0",
        "format": FORMAT,
        "input": task.source.name,
        "source": describe_file(task.source),
        "options": describe_options(options),
        "inputs": list_inputs(options),
        **TOOLS,
        **tools,
        "speakers": [
            {"number": number, "name": name, "file": f"{name}.wav", "seen": [[0, 1.5], [2, 3]]}
            for number, name in enumerate(names, 1)
        ],
        "files": [{"file": f"{name}.wav", "bytes": len(name)} for name in names],
    }
    (task.folder / "manifest.json").write_text(json.dumps(manifest))


def find(task: Task, options: Options = Options()):  # noqa: B008
    return find_finished(task, options, TOOLS)


def test_a_finished_result_is_read_from_its_manifest(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna", "speaker-2")
    result = find(task)
    assert [(voice.name, voice.visible) for voice in result.voices] == [
        ("Anna", 2.5),
        ("speaker-2", 2.5),
    ]


def test_what_was_finished_beside_a_neighbour_is_found_when_that_has_gone(clip, tmp_path):
    finish(Task(clip, tmp_path, clip.name), "Anna")
    assert find(Task(clip, tmp_path, clip.stem)).folder == tmp_path / clip.name


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
        (
            Options(speakers={1: "Anna"}, suffix=".flac", sample_format="24", video=True),
            "suffix, sample_format, video",
        ),
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
    other = {**WEIGHTS, "sha256": "0f", "passes": 1}
    assert find_finished(task, Options(), {**TOOLS, "weights": other})
    assert "was made with other weights (base); --force makes it again" in caplog.text


def test_a_result_of_other_passes_is_named_as_such(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna", weights={**WEIGHTS, "passes": 1})
    with pytest.raises(OutputError, match=r"other options \(passes\)"):
        find(task)


def test_a_result_of_another_face_detector_is_named_as_such(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna", detector="face-alignment")
    with pytest.raises(OutputError, match=r"other options \(detector\)"):
        find(task)


def test_a_result_made_before_its_sound_had_changed_is_not_finished(clip, tmp_path, monkeypatch):
    sound = tmp_path / "day" / "boom.wav"
    sound.parent.mkdir()
    sound.write_bytes(b"one")
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna", options=Options(sound=str(sound)))
    monkeypatch.chdir(sound.parent)
    assert find(task, Options(sound="boom.wav"))  # the same file, named otherwise
    sound.write_bytes(b"another")
    with pytest.raises(OutputError, match=r"made before boom\.wav had changed"):
        find(task, Options(sound=str(sound)))


def test_the_result_of_another_recording_is_not_finished(clip, silent_clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    other = tmp_path / "other" / clip.name
    other.parent.mkdir()
    shutil.copy(silent_clip, other)
    assert find(Task(other, tmp_path, clip.stem)) is None


def test_another_recording_of_the_same_name_and_size_is_not_finished(clip, tmp_path):
    """As tapes and camera cards have them."""
    cards = [tmp_path / card / "clip.mp4" for card in ("first", "second")]
    for card in cards:
        card.parent.mkdir()
        shutil.copy(clip, card)
    middle = clip.stat().st_size // 2
    with cards[1].open("r+b") as file:
        file.seek(middle)
        file.write(b"another")
    finish(Task(cards[0], tmp_path, "clip"), "Anna")
    assert find(Task(cards[0], tmp_path, "clip"))
    assert find(Task(cards[1], tmp_path, "clip")) is None


def test_a_recording_that_cannot_be_read_is_left_to_whoever_opens_it(clip, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    monkeypatch.setattr("avsep.outputs.inputs.take_fingerprint", refuse)
    assert find(task) is None


def test_a_result_under_the_shorter_name_counts_after_a_neighbour_came(clip, tmp_path):
    finish(Task(clip, tmp_path, clip.stem), "Anna")
    assert find(Task(clip, tmp_path, clip.name)).folder == tmp_path / clip.stem


def test_a_result_under_any_shorter_name_counts(clip, tmp_path):
    name = f"{clip.parent.name}/{clip.name}"
    finish(Task(clip, tmp_path, clip.stem), "Anna")
    assert find(Task(clip, tmp_path, name)).folder == tmp_path / clip.stem
    finish(Task(clip, tmp_path, clip.name), "Anna")
    assert find(Task(clip, tmp_path, name)).folder == tmp_path / clip.name


def change(task: Task, edit) -> None:
    """Let a manifest be as another version wrote it."""
    path = task.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("key", sorted(describe_options(Options())))
def test_a_manifest_that_lacks_a_newer_option_was_made_with_its_default(clip, tmp_path, key):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    change(task, lambda manifest: manifest["options"].pop(key))
    assert find(task)


def test_a_newer_option_that_is_asked_for_differs_from_an_older_result(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    change(task, lambda manifest: manifest["options"].pop("loudness"))
    with pytest.raises(OutputError, match=r"other options \(loudness\)"):
        find(task, Options(loudness=True))


def test_a_part_of_an_option_that_is_newer_was_made_with_its_default(clip, tmp_path):
    task, options = Task(clip, tmp_path, clip.stem), Options(replay=Replay(shortest=2))
    finish(task, "Anna", options=options)
    change(task, lambda manifest: manifest["options"]["replay"].pop("gap"))
    assert find(task, options)
    with pytest.raises(OutputError, match="replay"):
        find(task, Options(replay=Replay(shortest=2, gap=3)))


def test_a_manifest_from_before_there_were_options_is_one_of_defaults(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    change(task, lambda manifest: manifest.pop("options"))
    assert find(task)


def test_what_only_a_later_version_can_want_is_another_option(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    change(task, lambda manifest: manifest["options"].update(quieter=False))
    assert find(task)
    change(task, lambda manifest: manifest["options"].update(quieter=True))
    with pytest.raises(OutputError, match="quieter"):
        find(task)


def test_a_result_of_a_format_that_is_not_known_yet_is_left_alone(clip, tmp_path):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    change(task, lambda manifest: manifest.update(format=FORMAT + 1))
    with pytest.raises(OutputError, match="by a newer avsep"):
        find(task)


@pytest.mark.parametrize(
    "edit",
    [
        lambda manifest: manifest.pop("source"),
        lambda manifest: manifest.update(files=None),
        lambda manifest: manifest.update(files=[{"name": 3}]),
        lambda manifest: manifest.update(speakers=[1]),
        lambda manifest: manifest.update(options=[1, 2]),
        lambda manifest: manifest.pop("weights"),
    ],
)
def test_a_manifest_of_another_make_is_no_finished_result(clip, tmp_path, edit):
    task = Task(clip, tmp_path, clip.stem)
    finish(task, "Anna")
    change(task, edit)
    assert find(task) is None
