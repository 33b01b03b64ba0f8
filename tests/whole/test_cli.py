"""The command line: what it prints where, its exit status, and that bad input harms nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.faces.detectors import Face
from avsep.model.config import TINY
from fakes import face


@pytest.fixture
def see(monkeypatch):
    """Let the detector see these faces in every frame, or do this with it."""

    def replace(*faces, instead=None):
        detect = instead or (lambda _image: list(faces))
        monkeypatch.setattr("avsep.kit.load_detector", lambda *_: detect)

    replace(face(40), face(120))
    return replace


@pytest.fixture
def split(weights, see, in_this_process):
    """Run `avsep split` in a folder of its own; tests/batch has other processes."""
    del see, in_this_process
    return lambda *words: avsep("split", "--model", weights, *words)


def avsep(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def commands() -> dict[str, object]:
    root = typer.main.get_command(app)
    return {"": root, **root.commands}


def parameters():
    return [
        pytest.param(parameter, id=f"{name} {parameter.name}".strip())
        for name, command in commands().items()
        for parameter in command.params
    ]


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["split", "-h"], ["doctor", "-h"]])
def test_asking_for_help_loads_nothing_heavy(words):
    asked = (
        "import sys, atexit; from avsep.cli.app import main; sys.argv[1:] = sys.argv[1:];"
        "atexit.register(lambda: print(*{'torch', 'numpy', 'cv2', 'tqdm'} & set(sys.modules),"
        " file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, *words], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == ""
    assert "avsep" in done.stdout or "Usage" in done.stdout


def test_the_package_can_be_run_as_a_module():
    command = [sys.executable, "-m", "avsep", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("avsep 0.")


@pytest.mark.parametrize("name", [name for name in commands() if name])
def test_every_command_says_what_it_does(name):
    assert commands()[name].help


@pytest.mark.parametrize("parameter", parameters())
def test_every_option_says_what_it_does(parameter):
    assert parameter.help


@pytest.mark.parametrize("name", list(commands()))
def test_help_prints_every_text_whole(name, monkeypatch):
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 250)
    printed = avsep(*([name] if name else []), "--help").stdout
    for parameter in commands()[name].params:
        assert parameter.help.replace("\\[", "[") in printed
        assert (parameter.metavar or "") in printed


def test_help_names_the_package_with_its_extra():
    printed = avsep("split", "--help").stdout
    assert "avsep[subtitles]" in "".join(printed.split())


def test_every_visible_speaker_gets_a_voice(split, clip):
    done = split(clip, "-o", "out")
    assert done.exit_code == 0, done.output
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["1", "speaker-1"],
        ["2", "speaker-2"],
    ]
    voices = [line.split()[-1] for line in done.stdout.splitlines()[1:]]
    assert all(soundfile.info(voice).frames > 87_000 for voice in voices)
    assert "out/clip/rest.wav" in [str(path) for path in Path("out/clip").iterdir()]


def test_a_program_gets_a_list(split, clip):
    done = split(clip, "--json", "--format", "flac")
    (entry,) = json.loads(done.stdout)
    assert entry["state"] == "done"
    assert entry["output"] == "voices/clip"
    assert [speaker["seen"] for speaker in entry["speakers"]] == [[[0, 2]], [[0, 2]]]
    assert [speaker["visible"] for speaker in entry["speakers"]] == [2, 2]
    assert entry["speakers"][1]["file"] == "speaker-2.flac"
    assert {file["file"]: file["bytes"] for file in entry["files"]} == {
        path.name: path.stat().st_size
        for path in Path("voices/clip").iterdir()
        if path.name != "manifest.json"
    }


def test_a_speaker_can_be_given_a_name(split, clip):
    assert split(clip, "--speakers", "Anna K.=2", "--video").exit_code == 0
    assert files_below(Path("voices/clip")) == [
        "Anna K.16k.wav",
        "Anna K.mp4",
        "Anna K.wav",
        "clip.rttm",
        "manifest.json",
        "rest.16k.wav",
        "rest.wav",
    ]


def test_a_speaker_who_is_not_there_is_an_expected_failure(split, clip):
    done = split(clip, "--speakers", "1,3")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0] == "error: there is no speaker 3: 2 were found"
    assert files_below(Path()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["--speakers", "Anna"],
        ["--speakers", "rest=1"],
        ["--format", "ogg"],
        ["--subtitles", "srt,ass"],
        ["--language", "xx"],
        ["--format", "flac", "--sample-format", "float"],
        ["--precision", "fp8"],
        ["--passes", "0"],
        ["--no-such-option"],
    ],
)
def test_wrong_usage_has_a_status_of_its_own(split, clip, words):
    assert split(clip, *words).exit_code == 2


def test_a_missing_input_is_wrong_usage(split):
    assert split().exit_code == 2


def test_subtitles_without_a_recogniser_are_refused_before_any_work(split, clip, monkeypatch):
    monkeypatch.setattr("avsep.speech.whisper.find_spec", lambda _: None)
    done = split(clip, "--subtitles", "srt")
    assert done.exit_code == 1
    assert "faster-whisper isn't installed" in done.stderr
    assert files_below(Path()) == []


def test_an_existing_result_is_not_overwritten(split, clip):
    folder = Path("voices/clip")
    folder.mkdir(parents=True)
    (folder / "speaker-1.wav").write_text("mine")
    done = split(clip)
    assert done.exit_code == 1
    assert "error: voices/clip exists already" in done.stderr
    assert "hint: Give --force" in done.stderr
    assert (folder / "speaker-1.wav").read_text() == "mine"
    assert files_below(Path()) == ["voices/clip/speaker-1.wav"]


def test_force_replaces_a_result_and_leaves_other_files_alone(split, clip):
    assert split(clip).exit_code == 0
    Path("voices/clip/notes.txt").write_text("mine")
    assert split(clip, "--force", "--speakers", "2").exit_code == 0
    assert files_below(Path("voices/clip")) == [
        "clip.rttm",
        "manifest.json",
        "notes.txt",
        "rest.16k.wav",
        "rest.wav",
        "speaker-2.16k.wav",
        "speaker-2.wav",
    ]


def test_a_folder_keeps_its_tree_and_is_finished_only_once(split, clip):
    videos = Path("videos/day one")
    videos.mkdir(parents=True)
    shutil.copy(clip, videos / "[a] b.mp4")
    assert split("videos").exit_code == 0
    made = Path("voices/day one/[a] b/manifest.json")
    before = made.stat().st_mtime_ns
    again = split("videos", "--json")
    assert again.exit_code == 0
    assert "videos/day one/[a] b.mp4: skipped" in again.stderr
    assert [len(entry["speakers"]) for entry in json.loads(again.stdout)] == [2]
    assert made.stat().st_mtime_ns == before


def test_one_bad_input_stops_nothing(split, clip, silent_clip):
    done = split(silent_clip, clip)
    assert done.exit_code == 1
    assert Path("voices/clip/manifest.json").is_file()
    assert f"error: {silent_clip} has no audio stream" in done.stderr
    assert "1 failed, 1 done" in done.stderr
    assert f"failed: {silent_clip} has no audio stream" in done.stderr
    assert done.stdout.count("speaker-1.wav") == 1


@pytest.mark.parametrize(
    "name", ["absent.mp4", "empty.mp4", "text.mp4", "half.mp4", "silent.mp4", "tone.wav", "folder"]
)
def test_bad_input_gives_a_sentence_and_a_hint(split, clip, silent_clip, tone, name):
    Path("folder").mkdir()
    Path("empty.mp4").touch()
    Path("text.mp4").write_text("Hello!")
    Path("half.mp4").write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    shutil.copy(silent_clip, "silent.mp4")
    shutil.copy(tone, "tone.wav")
    before = files_below(Path())
    done = split(name, "-o", "out")
    assert done.exit_code == 1
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert name in error
    assert hint.startswith("hint: ")
    assert done.stdout == ""
    assert files_below(Path()) == before


def test_what_is_left_of_a_cut_off_recording_is_split_with_a_warning(split, cut_off_clip):
    done = split(cut_off_clip)
    assert done.exit_code == 0
    assert f"warning: {cut_off_clip}: the pictures are damaged" in done.stderr


def test_a_recording_without_faces_is_an_expected_failure(split, see, clip):
    see()
    done = split(clip)
    assert done.exit_code == 1
    assert "no face whose lips can be read" in done.stderr
    assert files_below(Path()) == []


def test_faces_that_are_left_out_are_told(split, see, clip):
    see(face(40), Face(np.array([100, 20, 108, 28], "f4"), face(104, 24).points * 0.2 + 90, 0.9))
    done = split(clip)
    assert done.exit_code == 0
    assert "left out: 1 face, too small" in done.stderr


def test_a_dry_run_writes_nothing(split, clip, silent_clip):
    done = split("--dry-run", clip, silent_clip, "-o", "out")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[1].split()[:2] == [str(clip), "out/clip"]
    assert done.stdout.splitlines()[1].endswith(" MB")
    assert f"error: {silent_clip} has no audio stream" in done.stderr
    assert files_below(Path()) == []
    assert not Path("out").exists()


def test_two_inputs_of_one_name_do_not_share_a_folder(split, clip):
    Path("other").mkdir()
    shutil.copy(clip, "other/clip.mp4")
    done = split("--dry-run", clip, "other/clip.mp4")
    folders = [line.split()[1] for line in done.stdout.splitlines()[1:]]
    assert folders == [f"voices/{clip.parent.name}/clip.mp4", "voices/other/clip.mp4"]


def test_many_recordings_are_summed_up_in_the_output_folder(split, clip, silent_clip):
    split(clip, silent_clip, "-o", "out")
    told = json.loads(Path("out/summary.json").read_text())
    assert {Path(entry["input"]).name: entry["state"] for entry in told} == {
        "clip.mp4": "done",
        "silent.mp4": "failed",
    }
    assert Path("out/summary.csv").read_text().startswith("input,state,output,speakers,")


@pytest.mark.parametrize("words", [(), ("--force",), ("--dry-run",)])
def test_a_user_s_own_summary_is_kept_and_nothing_begun(split, clip, silent_clip, words):
    Path("out").mkdir()
    Path("out/summary.csv").write_text("month,sales\n")
    done = split(clip, silent_clip, "-o", "out", *words)
    assert done.exit_code == 1
    assert "out/summary.csv was not written by avsep" in done.stderr
    assert files_below(Path()) == ["out/summary.csv"]
    assert Path("out/summary.csv").read_text() == "month,sales\n"


def test_a_recording_that_is_named_is_finished_only_once_too(split, clip):
    assert split(clip).exit_code == 0
    again = split(clip)
    assert again.exit_code == 0
    assert "skipped, done before" in again.stderr
    assert again.stdout.count("speaker-") == 4


def interrupt(_image):
    raise KeyboardInterrupt


def fail(_image):
    raise ZeroDivisionError


def test_an_interruption_leaves_nothing_behind(split, see, clip):
    see(instead=interrupt)
    done = split(clip)
    assert done.exit_code == 130
    assert "interrupted" in done.stderr
    assert files_below(Path()) == []


def test_a_bug_keeps_its_traceback(split, see, clip):
    see(instead=fail)
    assert isinstance(split(clip).exception, ZeroDivisionError)


def test_quiet_tells_results_alone(weights, split, clip, silent_clip):
    del split
    done = avsep("-q", "split", "--model", weights, clip, silent_clip, "-o", "out")
    assert done.stdout.count("speaker-") == 4
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]


def test_verbose_tells_how_long_stages_took(weights, split, clip):
    del split
    done = avsep("-v", "split", "--model", weights, clip)
    assert "looking for faces took" in done.stderr
    assert "separating voices took" in done.stderr


def test_quiet_and_verbose_contradict_each_other():
    assert avsep("-q", "-v", "doctor").exit_code == 2


def test_weights_that_are_not_there_are_an_expected_failure(see, clip, tmp_path, monkeypatch):
    del see
    monkeypatch.chdir(tmp_path)
    done = avsep("split", "--model", "absent.safetensors", clip)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: absent.safetensors: no such checkpoint\nhint: ")


def test_a_device_that_is_not_there_is_an_expected_failure(split, clip):
    done = split("--device", "cuda:99", clip)
    assert done.exit_code == 1
    assert "there is no device cuda:99" in done.stderr


def test_faces_shows_who_is_visible_when(see, silent_clip):
    del see
    done = avsep("faces", silent_clip)
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert rows == [
        ["1", "speaker-1", "2.0", "s", "0:00.0", "-", "0:02.0"],
        ["2", "speaker-2", "2.0", "s", "0:00.0", "-", "0:02.0"],
    ]


def test_faces_tells_a_program_who_is_visible_when(see, clip):
    del see
    told = json.loads(avsep("faces", clip, "--json").stdout)
    assert told["duration"] == 2
    assert [person["seen"] for person in told["speakers"]] == [[[0, 2]], [[0, 2]]]
    assert told["left_out"] == []


@pytest.mark.parametrize("name", ["sheet.png", "sheet [1].JPG"])
def test_faces_draws_a_contact_sheet(see, clip, tmp_path, name):
    del see
    assert avsep("faces", clip, "--sheet", tmp_path / name).exit_code == 0
    sheet = cv2.imread(str(tmp_path / name))
    assert sheet.shape[1] > 2 * 160


def test_an_existing_contact_sheet_is_not_overwritten(see, clip, tmp_path):
    del see
    sheet = tmp_path / "sheet.png"
    sheet.write_text("mine")
    done = avsep("faces", clip, "--sheet", sheet)
    assert done.exit_code == 1
    assert sheet.read_text() == "mine"


def test_models_lists_the_weights(weights, monkeypatch):
    monkeypatch.setattr("avsep.model.checkpoint.bundled_weights", lambda: {"tiny": weights})
    (listed,) = json.loads(avsep("models", "--json").stdout)
    assert listed["name"] == "tiny"
    assert listed["bytes"] == weights.stat().st_size
    assert listed["config"]["lip_size"] == TINY.lip_size
    table = avsep("models").stdout
    assert listed["sha256"] in table
    assert f"{listed['parameters']:,}" in table


def test_the_doctor_is_content_with_a_whole_installation(weights, monkeypatch):
    monkeypatch.setattr(
        "avsep.model.checkpoint.bundled_weights", lambda: {"base": weights, "tiny": weights}
    )
    done = avsep("doctor", "--json")
    checks = {check["what"]: check for check in json.loads(done.stdout)}
    assert checks["weights base"]["state"] == "ok"
    assert checks["ffmpeg"]["state"] == "ok"
    assert done.exit_code == 0, done.stdout


def test_the_doctor_names_what_is_missing_and_what_mends_it(monkeypatch):
    monkeypatch.setattr("avsep.model.checkpoint.bundled_weights", dict)
    done = avsep("doctor")
    assert done.exit_code == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("missing")]
    assert "pip install --force-reinstall avsep" in line


def test_prepare_sums_up_what_was_stored_and_what_was_not(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    soundfile.write(source / "noise.wav", np.zeros(16_000), 16_000)
    (source / "text.mp4").write_text("Hello!")
    done = avsep("prepare", source, "-o", tmp_path / "set")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("1 clips, 0.0 minutes, in ")
    assert done.stdout.splitlines()[-1].split(maxsplit=1)[0] == "1"
    assert "preparing" in done.stderr
    again = avsep("prepare", source, "-o", tmp_path / "set")
    assert again.exit_code == 0  # the good one is there already
    (source / "noise.wav").unlink()
    none = avsep("prepare", source, "-o", tmp_path / "another")
    assert none.exit_code == 1
    assert "could be used" in none.stderr


def test_a_broken_recipe_is_an_expected_failure(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("stages = 3 3")
    done = avsep("train", recipe)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {recipe}: ")


def test_train_shows_progress_and_prints_the_checkpoint(tmp_path, monkeypatch):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('seed = 1\n[[stages]]\nname = "a"\nkind = "synchrony"\n')

    def learn(recipe, folder, progress):
        assert list(progress(range(3, 5), "lips", 5)) == [3, 4]
        return folder / f"seed-{recipe.seed}.safetensors"

    monkeypatch.setattr("avsep.training.loop.train", learn)
    done = avsep("train", recipe, "--output", tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'run' / 'seed-1.safetensors'}\n"
    assert "5/5" in done.stderr
