"""`avsep.toml`, presets, and what comes before what."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import cv2
import pytest
import typer
from typer.testing import CliRunner

from avsep.batch import executors
from avsep.cli.app import app
from avsep.cli.settings import BUILT_IN
from avsep.cli.settings_file import OF_THE_RUN, WITHHELD, list_options
from avsep.cli.wanted import read_options
from avsep.progress import no_progress
from fakes import face

SPLIT = typer.main.get_command(app).commands["split"]


@pytest.fixture
def avsep(tmp_path, monkeypatch):
    """Run avsep in a folder of its own, in which two people are seen, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: lambda _: [face(40), face(120)])
    monkeypatch.setattr(
        "avsep.batch.executors.choose_crew",
        lambda choice, options, board, **_: executors.work_alone(choice, options, no_progress),
    )
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def split(avsep, weights):
    return lambda *words: avsep("split", "--model", weights, *words)


@pytest.fixture
def debate(clip, tmp_path) -> Path:
    (tmp_path / "rec").mkdir()
    return Path(shutil.copy(clip, tmp_path / "rec/debate.mp4"))


def write(folder: Path, text: str, name: str = "avsep.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shown(avsep, *words) -> dict[str, dict]:
    done = avsep("settings", *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def test_the_command_line_comes_before_recording_preset_file_and_default(split, debate):
    write(
        debate.parent,
        'format = "flac"\nloudness = true\nsample-format = 16\n'
        '[presets.mine]\nlabels = true\nformat = "wav"\nsample-format = "24"\n'
        '[recordings."debate.mp4"]\npreset = "mine"\nsample-format = "float"\n',
    )
    done = split(debate, "--no-loudness")
    assert done.exit_code == 0, done.output
    had = manifest(Path("voices/debate"))["options"]
    assert (had["suffix"], had["sample_format"]) == (".wav", "float")
    assert (had["loudness"], had["labels"], had["mkv"]) == (False, True, False)
    assert Path("voices/debate/debate.labels.txt").is_file()


def test_settings_say_what_is_in_force_and_whence(avsep, debate):
    path = write(
        debate.parent,
        "loudness = true\n[presets.mine]\nlabels = true\n"
        '[recordings."debate.mp4"]\nreplay-gap = 2\npreset = "mine"\n',
    )
    table = shown(avsep, debate)
    assert table["loudness"] == {"value": True, "shown": "true", "whence": str(path)}
    assert table["labels"]["whence"] == f"preset mine in {path}"
    assert table["replay-gap"]["value"] == 2.0
    assert table["replay-gap"]["whence"] == f'recordings."debate.mp4" in {path}'
    assert table["jobs"] == {"value": 1, "shown": "1", "whence": "default"}
    other = shown(avsep, debate, "--preset", "edit")
    assert other["mkv"]["whence"] == "preset edit (built in)"
    assert other["labels"]["value"] is True
    assert other["preset"]["whence"] == "command line"


def test_settings_name_every_option_that_split_has(avsep, debate):
    table = shown(avsep, debate.parent)
    words = {word for option in SPLIT.params for word in option.opts if word.startswith("--")}
    assert {f"--{key}" for key in table} == words - {"--settings", "--help"}
    assert avsep("settings", debate).stdout.splitlines()[1].split() == [
        "speakers",
        "all",
        "default",
    ]


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_presets_hold_options_of_a_recording(avsep, debate, name):
    table = shown(avsep, debate, "--preset", name)
    for key, value in BUILT_IN[name].items():
        assert table[key]["value"] == value
    assert not BUILT_IN[name].keys() & WITHHELD


class Noted(dict):
    """Values that remember which of them were read."""

    def __init__(self, *args):
        super().__init__(*args)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)


def test_every_option_is_one_of_the_run_or_one_of_a_recording():
    options = list_options(SPLIT)
    context = typer.Context(SPLIT)
    values = Noted(
        (option.name, option.process_value(context, option.get_default(context)))
        for option in options.values()
    )
    read_options(values)
    keys = {key for key, option in options.items() if option.name in values.read}
    assert keys | OF_THE_RUN | {"preset"} == options.keys()
    assert not keys & OF_THE_RUN


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("formt = 'flac'", "there is no option 'formt'"),
        ("replay_gap = 2", "there is no option 'replay_gap'"),
        ("format = 'ogg'", 'format = "ogg": '),
        ("video = 'yes'", 'video = "yes" is not true or false'),
        ("video = 1", "video = 1 is not true or false"),
        ("replay-gap = '2'", 'replay-gap = "2" is not a number'),
        ("replay-gap = true", "replay-gap = true is not a number"),
        ("replay-gap = -1", "replay-gap = -1: "),
        ("language = true", "language = true is not a text"),
        ("language = 'xx'", 'language = "xx": '),
        ("presets = 3", "presets holds no tables"),
        ("[presets.a]\nvidio = true", "preset a: there is no option 'vidio'"),
        ("[presets.a]\npreset = 'b'", "preset a: preset cannot be set there"),
        ("[recordings.'a.mp4']\nvidio = true", "recordings.\"a.mp4\": there is no option 'vidio'"),
        ("[recordings.'a.mp4']\njobs = 2", "jobs cannot be set there"),
        ("[recordings.'a.mp4']\nnames = {ANNA = 'x'}", "names no speaker"),
        ("video = ", "cannot be read"),
        ("format = 'flac'\nsample-format = 'float'", "FLAC holds no float"),
        ("preset = 'edti'", "there is no preset 'edti'"),
    ],
)
def test_a_mistake_is_refused_in_one_sentence_that_names_the_file(split, debate, text, sentence):
    path = write(debate.parent, text)
    done = split(debate)
    assert done.exit_code == 1
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {path}")
    assert sentence in first
    assert second.startswith("hint: ")
    assert not Path("voices").exists()


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("formt = 'flac'", "format"),
        ("replay_gap = 2", "replay-gap"),
        ("recording.'a.mp4'.video = true", "recordings"),
        ("preset = 'edti'", "edit"),
    ],
)
def test_a_mistake_is_answered_with_the_nearest_right_name(split, debate, text, right):
    write(debate.parent, text)
    assert f"hint: Did you mean {right}?" in split(debate).stderr


@pytest.mark.parametrize("key", sorted(WITHHELD))
def test_a_file_beside_recordings_sets_nothing_that_could_do_harm(avsep, debate, tmp_path, key):
    value = {"force": "true", "dry-run": "true", "json": "true", "jobs": "2"}.get(key, "'cpu'")
    path = write(debate.parent, f"{key} = {value}")
    done = avsep("split", debate)
    assert done.exit_code == 1
    assert f"{key} may not be set by a file that lies beside recordings" in done.stderr
    assert f"--settings {path}" in done.stderr
    assert sorted(item.name for item in tmp_path.iterdir()) == ["rec"]


def test_a_named_file_sets_everything_and_its_paths_begin_where_it_lies(avsep, debate, weights):
    shutil.copy(weights, debate.parent / "mine.safetensors")
    text = "output-dir = 'out'\nmodel = 'mine.safetensors'\njson = true\n"
    path = write(debate.parent, text, "mine.toml")
    done = avsep("split", debate, "--settings", path)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0]["state"] == "done"
    assert (debate.parent / "out/debate/speaker-1.wav").is_file()


def test_samples_of_voices_are_looked_for_where_a_named_file_lies(avsep, debate):
    (debate.parent / "chair.wav").touch()
    text = "voice = ['CHAIR=chair.wav', 'GUEST=0:12-0:15', 'MAYOR=gone.wav']\n"
    table = shown(avsep, debate, "--settings", write(debate.parent, text, "mine.toml"))
    assert f"CHAIR={debate.parent / 'chair.wav'}" in str(table)
    assert "GUEST=0:12-0:15" in str(table)
    assert "MAYOR=gone.wav" in str(table)


def test_a_named_file_stands_instead_of_the_one_beside(avsep, debate):
    write(debate.parent, "loudness = true")
    other = write(debate.parent, "labels = true", "mine.toml")
    table = shown(avsep, debate, "--settings", other)
    assert (table["loudness"]["value"], table["labels"]["value"]) == (False, True)
    assert shown(avsep, debate, "--settings", "none")["loudness"]["value"] is False


def test_a_named_file_that_is_not_there_is_refused(split, debate):
    done = split(debate, "--settings", "mine.toml")
    assert done.exit_code == 1
    assert "there is no file mine.toml" in done.stderr


def test_no_file_is_looked_for_above_the_recordings_or_in_the_home_folder(
    avsep, debate, tmp_path, monkeypatch
):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for folder in (home, tmp_path):
        write(folder, "loudness = true")
    assert shown(avsep, debate)["loudness"]["value"] is False


def test_the_file_of_a_named_folder_holds_below_it_unless_there_is_one_nearer(split, clip):
    for name in ("a", "b"):
        Path("archive", name).mkdir(parents=True)
        shutil.copy(clip, f"archive/{name}/{name}.mp4")
    write(Path("archive"), "labels = true\n[recordings.'b/b.mp4']\nlabels = false\n")
    write(Path("archive/a"), "loudness = true\n")
    done = split("archive")
    assert done.exit_code == 0, done.output
    first, second = (manifest(Path(f"voices/{name}/{name}"))["options"] for name in "ab")
    assert (first["labels"], first["loudness"]) == (False, True)
    assert (second["labels"], second["loudness"]) == (False, False)


def test_names_given_once_are_known_to_the_next_run(split, debate):
    mine = "# by hand\nloudness = false  # stays\n\n[presets.a]\nvideo = true\n"
    path = write(debate.parent, mine)
    done = split(debate, "--names", "Zoë=1")
    assert done.exit_code == 0, done.output
    assert f"kept the names of {debate} in {path}" in done.stderr
    assert sorted(item.name for item in Path("voices/debate").glob("*e*.wav")) == [
        "rest.16k.wav",
        "rest.wav",
        "speaker-2.16k.wav",
        "speaker-2.wav",
    ]
    assert Path("voices/debate/Zoë.wav").is_file()
    text = path.read_text(encoding="utf-8")
    assert text.startswith(mine)
    assert tomllib.loads(text)["recordings"] == {
        "debate.mp4": {"bytes": debate.stat().st_size, "names": {"Zoë": 1}}
    }
    again = split(debate, "-o", "again")
    assert again.exit_code == 0, again.output
    assert [voice["name"] for voice in manifest(Path("again/debate"))["speakers"]] == [
        "Zoë",
        "speaker-2",
    ]
    assert "skipped" in split(debate).stderr


def test_names_of_wanted_speakers_are_kept_too_and_leave_nobody_out_later(split, debate):
    assert split(debate, "--speakers", "Ben=2").exit_code == 0
    assert "skipped" in split(debate, "--speakers", "Ben=2").stderr
    assert split(debate, "-o", "again").exit_code == 0
    names = [voice["name"] for voice in manifest(Path("again/debate"))["speakers"]]
    assert names == ["speaker-1", "Ben"]
    assert split(debate, "-o", "third", "--speakers", "2").exit_code == 0
    assert [voice["name"] for voice in manifest(Path("third/debate"))["speakers"]] == ["Ben"]


def test_faces_keeps_and_shows_names(avsep, debate):
    table = avsep("faces", debate, "--names", "Anna=1,Ben=2").stdout
    assert [line.split()[1] for line in table.splitlines()[1:]] == ["Anna", "Ben"]
    avsep("faces", debate, "--names", "Carl=2", "--sheet", "who.png")
    assert cv2.imread("who.png") is not None
    listed = json.loads(avsep("faces", debate, "--json").stdout)
    assert [who["name"] for who in listed["speakers"]] == ["Anna", "Carl"]


def test_somebody_who_is_not_there_cannot_be_named(split, debate):
    done = split(debate, "--names", "Anna=3")
    assert done.exit_code == 1
    assert "there is no speaker 3: 2 were found" in done.stderr
    assert not (debate.parent / "avsep.toml").exists()


def test_a_name_that_another_speaker_goes_by_is_refused(split, debate):
    done = split(debate, "--names", "speaker-2=1")
    assert done.exit_code == 1
    assert "speakers 1 and 2 would both be called" in done.stderr


def test_names_are_kept_nowhere_if_no_file_is_wanted(split, debate):
    assert split(debate, "--names", "Anna=1", "--settings", "none").exit_code == 0
    assert not (debate.parent / "avsep.toml").exists()


def test_names_that_cannot_be_kept_fail_nothing(split, debate, tmp_path):
    target = write(tmp_path, "loudness = false\n", "elsewhere.toml")
    (debate.parent / "avsep.toml").symlink_to(target)
    done = split(debate, "--names", "Anna=1")
    assert done.exit_code == 0, done.output
    assert "are not kept" in done.stderr
    assert target.read_text() == "loudness = false\n"


def test_names_of_a_recording_that_has_changed_are_doubted(split, debate):
    write(debate.parent, '[recordings."debate.mp4"]\nbytes = 7\nnames = {Anna = 1}\n')
    done = split(debate)
    assert done.exit_code == 0, done.output
    assert f"{debate} has changed since its speakers were named" in done.stderr


def test_a_recording_that_is_misspelt_is_noticed(split, debate):
    write(debate.parent, '[recordings."debte.mp4"]\nloudness = true\n')
    assert 'there is no recording "debte.mp4"; did you mean debate.mp4?' in split(debate).stderr


def test_a_key_that_speaks_of_two_recordings_is_refused(split, clip):
    for name in ("a", "b"):
        Path("archive", name).mkdir(parents=True)
        shutil.copy(clip, f"archive/{name}/debate.mp4")
    path = write(Path(), "[recordings.'debate.mp4']\nnames = {Anna = 1}\n", "mine.toml")
    done = split("archive", "--settings", path)
    assert done.exit_code == 1
    assert 'recordings."debate.mp4" speaks of' in done.stderr


def test_a_list_and_a_table_say_what_a_text_says(avsep, debate):
    write(debate.parent, "subtitles = ['srt', 'vtt']\nspeakers = {Anna = 1, Ben = 2}\n")
    table = shown(avsep, debate)
    assert table["subtitles"]["value"] == "srt,vtt"
    assert table["speakers"]["value"] == "Anna=1,Ben=2"


def test_paths_in_a_file_beside_recordings_lead_nowhere_else(avsep, debate, tmp_path):
    mine = '[recordings."debate.mp4"]\nsound = "{}"\n'
    write(debate.parent, mine.format("boom.wav"))
    assert shown(avsep, debate)["sound"]["value"] == str(debate.parent / "boom.wav")
    (debate.parent / "link.wav").symlink_to(tmp_path / "boom.wav")
    for path in ("../boom.wav", str(tmp_path / "boom.wav"), "link.wav"):
        file = write(debate.parent, mine.format(path))
        done = avsep("settings", debate)
        assert done.exit_code == 1
        assert f'sound = "{path}" lies in another folder' in done.stderr
        assert avsep("settings", debate, "--settings", file).exit_code == 0
