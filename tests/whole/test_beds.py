"""What goes into which file, through the command line: levels, kept voices, groups."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fakes import face

NAMES = ("--names", "ANNA=1,BEN=2,CAT=3")


@pytest.fixture
def split(try_split, see_faces):
    """Run `avsep split` where three faces are seen in every frame."""
    see_faces(face(30), face(80), face(130))
    return partial(try_split, "--settings", "none")


def read(path: str | Path) -> np.ndarray:
    return soundfile.read(path, always_2d=True)[0]


def list_voices(folder: str) -> list[str]:
    paths = sorted(Path(folder).glob("*.wav"))
    return [path.stem for path in paths if not path.stem.endswith(".16k")]


def read_all(folder: str) -> dict[str, np.ndarray]:
    return {name: read(f"{folder}/{name}.wav") for name in list_voices(folder)}


def measure(samples: np.ndarray) -> float:
    """Level in dB."""
    return float(10 * np.log10(np.mean(samples**2)))


def test_so_much_of_all_else_stays_in_each_voice(split, clip):
    assert split(clip, "-o", "plain", *NAMES).exit_code == 0
    done = split(clip, "-o", "mixed", *NAMES, "--others", "-12dB,2=-20.5dB,CAT=off")
    assert done.exit_code == 0, done.output
    plain, mixed = read_all("plain/clip"), read_all("mixed/clip")
    recording = sum(plain.values())
    for name, level in {"ANNA": -12, "BEN": -20.5}.items():
        around = recording - plain[name]
        stays = mixed[name] - plain[name]
        assert measure(stays) - measure(around) == pytest.approx(level, abs=0.01)
        assert np.abs(stays - 10 ** (level / 20) * around).max() < 1e-6
    for name in ("CAT", "rest"):
        assert np.array_equal(mixed[name], plain[name])
    for name in ("ANNA", "rest"):
        narrow = (read(f"{folder}/clip/{name}.16k.wav") for folder in ("plain", "mixed"))
        assert np.array_equal(*narrow)
    speakers = json.loads(Path("mixed/clip/manifest.json").read_text())["speakers"]
    assert [who["others"] for who in speakers] == [-12, -20.5, None]


def test_two_are_kept_and_everything_else_is_one_file(split, clip):
    assert split(clip, "-o", "plain", *NAMES).exit_code == 0
    done = split(clip, "-o", "kept", *NAMES, "--keep", "anna,3")
    assert done.exit_code == 0, done.output
    plain, kept = read_all("plain/clip"), read_all("kept/clip")
    assert list(kept) == ["ANNA", "CAT", "rest"]
    assert np.abs(kept["rest"] - plain["rest"] - plain["BEN"]).max() < 1e-6
    assert np.abs(sum(kept.values()) - sum(plain.values())).max() < 1e-6
    assert np.array_equal(kept["CAT"], plain["CAT"])


def test_a_group_is_the_sum_of_its_voices(split, clip):
    assert split(clip, "-o", "plain", *NAMES).exit_code == 0
    grouped = ("--group", "GOV=1,CAT", "--mkv", "--faces", "--report", "--timeline")
    done = split(clip, "-o", "grouped", *NAMES, *grouped)
    assert done.exit_code == 0, done.output
    plain, files = read_all("plain/clip"), read_all("grouped/clip")
    assert list(files) == ["BEN", "GOV", "rest"]
    assert np.abs(files["GOV"] - plain["ANNA"] - plain["CAT"]).max() < 1e-6
    assert np.abs(sum(files.values()) - sum(plain.values())).max() < 1e-6
    speakers = json.loads(Path("grouped/clip/manifest.json").read_text())["speakers"]
    assert [(who["name"], who["members"]) for who in speakers] == [("GOV", [1, 3]), ("BEN", [2])]
    assert speakers[0]["seen"] == [[0, 2]]
    faces = Path("grouped/clip/clip.faces.jsonl").read_text().splitlines()
    assert [json.loads(line)["name"] for line in faces[:3]] == ["GOV", "BEN", "GOV"]


def test_kept_and_groups_and_everything_else_are_the_recording(split, clip):
    assert split(clip, "-o", "plain").exit_code == 0
    done = split(clip, "--keep", "2", "--group", "LEFT=1", "--range", "0.5-1.5")
    assert done.exit_code == 0, done.output
    files = read_all("voices/clip@0m00.5s-0m01.5s")
    assert list(files) == ["LEFT", "rest", "speaker-2"]
    whole = sum(read_all("plain/clip").values())[22_050 : 22_050 + 44_100]
    assert np.abs(sum(files.values()) - whole).max() < 1e-6


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["--keep", "DORA"], "there is no speaker DORA", "There are 1 (ANNA), 2 (BEN), 3 (CAT)."),
        (["--group", "GOV=1,4"], "there is no speaker 4", "There are 1 (ANNA), 2 (BEN), 3 (CAT)."),
        (["--others", "DORA=-3dB"], "there is no speaker DORA", "There are 1 (ANNA)"),
        (["--keep", "1", "--others", "2=-3"], "2 has no file of their own", "There are ANNA."),
        (["--keep", "1", "--group", "GOV=ANNA,2"], "the voice of ANNA (speaker 1) would", "Name"),
        (["--group", "A=1", "--group", "B=1"], "the voice of ANNA (speaker 1) would", "Name"),
        (["--group", "ben=1,3"], "would both be called", "Give each a name"),
    ],
)
def test_nobody_who_is_not_there_gets_a_file(split, clip, words, said, hint):
    done = split(clip, *NAMES, *words)
    assert done.exit_code == 1
    told = " ".join(done.stderr.split())
    assert said in told
    assert hint in told
    assert not Path("voices/clip").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--others", "12dB"],
        ["--others", "quiet"],
        ["--others", "-3,-4"],
        ["--keep", "1,1"],
        ["--group", "GOV"],
        ["--group", "7=1"],
        ["--group", "rest=1"],
        ["--group", "A=1", "--group", "a=2"],
    ],
)
def test_what_means_nothing_is_wrong_usage(split, clip, words):
    assert split(clip, *words).exit_code == 2


def test_other_levels_are_another_job(split, clip):
    assert split(clip, "--others", "-12dB").exit_code == 0
    assert split(clip, "--others=-12.0").exit_code == 0  # the same in other words
    done = split(clip, "--others", "-13dB")
    assert done.exit_code == 1
    assert "was made with other options (others)" in " ".join(done.stderr.split())


def test_levels_and_groups_stand_in_a_file_of_settings(split, clip):
    Path("mine.toml").write_text('others = -6\nkeep = [2]\ngroup = ["GOV=1,3"]\n')
    done = split(clip, "--settings", "mine.toml")
    assert done.exit_code == 0, done.output
    assert list_voices("voices/clip") == ["GOV", "rest", "speaker-2"]
    speakers = json.loads(Path("voices/clip/manifest.json").read_text())["speakers"]
    assert [who["others"] for who in speakers] == [-6, -6]
