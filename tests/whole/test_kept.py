"""What is finished is kept, whatever fails beside it, and what can be known before is refused."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.errors import IncompleteError, OutputError
from avsep.faces.detectors import Face
from avsep.media.ffmpeg import find_tool
from avsep.media.probing import probe
from avsep.media.reading import read_audio
from avsep.product import Product

POINTS = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)
BOX = np.array([5, 5, 35, 45], np.float32)
VOICES = ["rest.16k.wav", "rest.wav", "speaker-1.16k.wav", "speaker-1.wav"]
# An ffmpeg without libx264, which may say so when it is asked, or only when it is used.
SHIM = """#!/bin/bash
for word in "$@"; do
  [ "$word" = libx264 ] && {{ echo "[vost#0:0 @ 0x1] Unknown encoder 'libx264'" >&2; exit 8; }}
  [ "$word" = -encoders ] && {{ "{real}" "$@" | grep -v "{hidden}"; exit; }}
done
exec "{real}" "$@"
"""


@pytest.fixture
def see(monkeypatch):
    """Let the detector do this."""

    def replace(detect):
        monkeypatch.setattr("avsep.kit.load_detector", lambda *_: detect)

    replace(lambda _: [Face(BOX, POINTS, 0.99)])
    return replace


@pytest.fixture
def split(weights, see, in_this_process):
    """Run `avsep split` in a folder of its own."""
    del see, in_this_process
    words = ["split", "--model", str(weights)]
    return lambda *more: CliRunner().invoke(app, [*words, *map(str, more)])


@pytest.fixture
def lack_x264(tmp_path_factory, monkeypatch):
    """Take an ffmpeg without libx264."""

    def take(hidden: str) -> None:
        folder = tmp_path_factory.mktemp("ffmpeg")
        (folder / "ffprobe").symlink_to(find_tool("ffprobe").resolve())
        (folder / "ffmpeg").write_text(
            SHIM.format(real=find_tool("ffmpeg").resolve(), hidden=hidden)
        )
        (folder / "ffmpeg").chmod(0o755)
        monkeypatch.setenv("AVSEP_FFMPEG", str(folder))

    return take


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def read_manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def check_voices(folder: Path, source: Path) -> None:
    """Voices and rest are the recording."""
    parts = [soundfile.read(folder / f"{name}.wav")[0] for name in ("speaker-1", "rest")]
    np.testing.assert_allclose(sum(parts).T, read_audio(probe(source)).samples, atol=1e-5)


@pytest.mark.parametrize("words", [["--report"], ["--replay", "--replay-shortest", "0.2"]])
def test_an_encoder_that_is_not_there_is_refused_before_the_work(
    split, see, clip, lack_x264, words
):
    lack_x264(hidden="libx264")
    see(lambda _: pytest.fail("this is work"))
    for more in ([], ["--dry-run"]):
        done = split(clip, *words, *more)
        assert done.exit_code == 1
        assert f"has no encoder libx264, which {words[0]} needs" in done.stderr
        assert "hint: Install a whole ffmpeg" in done.stderr
        assert names(Path()) == []


def test_who_wants_nothing_of_an_encoder_does_not_need_it(split, clip, lack_x264):
    lack_x264(hidden="libx264")
    assert split(clip, "--mkv", "--video").exit_code == 0


def test_voices_stay_when_a_product_fails_and_the_next_run_makes_all(
    split, clip, lack_x264, monkeypatch
):
    with monkeypatch.context() as meanwhile:
        meanwhile.setenv("AVSEP_FFMPEG", str(find_tool("ffmpeg").parent))
        lack_x264(hidden="nothing")
        done = split(clip, "--report", "--json")
    assert done.exit_code == 1
    assert "the voices are finished, and report missing: " in done.stderr.splitlines()[0]
    assert "Unknown encoder 'libx264'" in done.stderr.splitlines()[0]
    (entry,) = json.loads(done.stdout)
    folder = Path("voices/clip")
    assert names(folder) == ["clip.rttm", "manifest.json", *VOICES]
    assert names(folder.parent) == ["clip"]
    check_voices(folder, clip)
    (missing,) = read_manifest(folder)["missing"]
    assert (entry["state"], entry["missing"]) == ("incomplete", [missing])
    assert missing["product"] == "report"

    monkeypatch.delenv("AVSEP_FFMPEG", raising=False)
    monkeypatch.setenv("AVSEP_FFMPEG", str(REAL))
    assert "skipped" in split(clip).stderr  # what was made is all that is wanted now
    refused = split(clip, "--report", "--loudness")
    assert "made with other options (loudness)" in refused.stderr
    again = split(clip, "--report")
    assert again.exit_code == 0, again.stderr
    assert "report.html" in names(folder)
    assert read_manifest(folder)["missing"] == []
    assert "skipped" in split(clip, "--report").stderr


REAL = find_tool("ffmpeg").parent


def fail(error: Exception):
    """A product that begins a file, and fails."""

    def make(separation, *_):
        (separation.folder / "begun.mp4").write_text("half")
        raise error

    return make


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OutputError("the container can't hold this"), "the container can't hold this"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk of voices is full"),
        (OSError(errno.EFBIG, "File too large"), "voices can't be written to (File too large)"),
        (MemoryError(), "there is not enough memory"),
    ],
)
@pytest.mark.parametrize("product", ["rttm", "mkv"])
def test_whatever_product_fails_the_others_are_made(
    split, clip, monkeypatch, product, error, reason
):
    monkeypatch.setattr(
        "avsep.outputs.products.choose_products",
        lambda _: [
            pretend(product, fail(error)),
            pretend("other", lambda separation, *_: [write(separation.folder / "other.txt")]),
        ],
    )
    done = split(clip, "--mkv")
    assert done.exit_code == 1
    assert f"{product} missing: {reason}" in done.stderr
    assert "Traceback" not in done.stderr
    assert names(Path("voices/clip")) == sorted([*VOICES, "manifest.json", "other.txt"])


def pretend(name, make) -> Product:
    return Product(name=name, turn=1, make=make, name_files=lambda *_: [])


def write(path: Path) -> Path:
    path.write_text("whole")
    return path


def test_a_mistake_of_ours_in_a_product_keeps_the_voices_too(split, clip, monkeypatch):
    monkeypatch.setattr(
        "avsep.outputs.products.choose_products",
        lambda _: [pretend("replay", fail(LookupError("nobody expected this")))],
    )
    done = split(clip)
    assert isinstance(done.exception, LookupError)
    assert names(Path("voices/clip")) == sorted([*VOICES, "manifest.json"])
    check_voices(Path("voices/clip"), clip)


def test_a_voice_that_was_changed_is_not_replaced_to_make_what_is_missing(
    split, clip, monkeypatch
):
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("avsep.outputs.mkv.write_mkv", fail(OutputError("it fails")))
        assert split(clip, "--mkv").exit_code == 1
    voice = Path("voices/clip/speaker-1.wav")
    content = bytearray(voice.read_bytes())
    content[-1] ^= 1
    voice.write_bytes(content)
    refused = split(clip, "--mkv")
    assert "exists already" in refused.stderr
    assert voice.read_bytes() == content
    assert split(clip, "--mkv", "--force").exit_code == 0


def test_a_file_of_the_user_that_a_missing_product_is_called_like_stays(split, clip, monkeypatch):
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("avsep.outputs.mkv.write_mkv", fail(OutputError("it fails")))
        assert split(clip, "--mkv").exit_code == 1
    mine = Path("voices/clip/clip.voices.mkv")
    mine.write_text("mine")
    done = split(clip, "--mkv")
    assert done.exit_code == 1
    assert "the result lies in voices/clip-2" in done.stderr
    assert mine.read_text() == "mine"
    assert probe(Path("voices/clip-2/clip.voices.mkv")).has_video


def test_subtitles_that_fail_midway_cost_no_voice(
    clip, weights, make_separator, tmp_path, monkeypatch
):
    from avsep.options import Options
    from avsep.outputs.catalogue.subtitles import Subtitles
    from avsep.pipeline import split

    def stumble(sound):
        raise RuntimeError("CUDA failed: out of memory")

    monkeypatch.setattr("avsep.separation.recording.cut_stretches", lambda *_: [(0, 25)])
    separator = make_separator(
        weights, lambda _: [Face(BOX, POINTS, 0.99)], load_recogniser=lambda *_: stumble
    )
    with pytest.raises(IncompleteError, match="subtitles missing: there is not enough") as caught:
        split(clip, tmp_path, separator, Options(subtitles=Subtitles(("srt",))))
    assert caught.value.result.missing == ("subtitles",)
    assert names(tmp_path / "clip") == ["clip.rttm", "manifest.json", *VOICES]


@pytest.mark.parametrize("kind", ["folder", "file", "empty"])
def test_a_place_that_is_taken_while_the_run_works_stays_as_it_is(split, see, clip, kind):
    place = Path("voices/clip")

    def take(_):
        place.parent.mkdir(exist_ok=True)
        if kind == "file":
            place.write_text("mine")
        elif not place.exists():
            place.mkdir()
            if kind == "folder":
                (place / "rest.wav").write_text("mine")
        return [Face(BOX, POINTS, 0.99)]

    see(take)
    done = split(clip)
    if kind == "empty":
        assert done.exit_code == 0
        check_voices(place, clip)
        return
    assert done.exit_code == 1
    assert "somebody else has filled voices/clip meanwhile" in done.stderr
    assert (place if kind == "file" else place / "rest.wav").read_text() == "mine"
    check_voices(Path("voices/clip-2"), clip)
    assert names(place.parent) == ["clip", "clip-2"]


@pytest.mark.parametrize("stem", ["討" * 83 + "ab", "n" * 251])
def test_a_recording_with_the_longest_name_gets_every_product(split, clip, stem):
    source = Path(f"{stem}.mp4")
    shutil.copy(clip, source)
    words = ["--mkv", "--video", "--report", "--file-names", "{input}-{speaker}"]
    done = split(source, *words)
    assert done.exit_code == 0, done.stderr
    made = names(Path("voices") / stem)
    assert {"report.html", "manifest.json"} <= set(made)
    assert [name[-11:] for name in made if name.endswith(".voices.mkv")] == [".voices.mkv"]
    assert next(name for name in made if name.endswith(".rttm"))[:50] == stem[:50]


def test_names_that_a_template_makes_too_long_are_refused_before_the_work(split, see, clip):
    see(lambda _: pytest.fail("this is work"))
    done = split(clip, "--file-names", "{speaker}" * 3, "--speakers", "A" * 100 + "=1")
    assert done.exit_code == 1
    assert "makes names of 308 bytes" in done.stderr
    assert names(Path()) == []


def test_a_product_that_would_be_called_like_a_voice_is_refused_before_the_work(split, see, clip):
    see(lambda _: pytest.fail("this is work"))
    words = ["--video", "--replay", "--file-names", "re{speaker}", "--speakers", "play=1"]
    done = split(clip, *words)
    assert done.exit_code == 1
    assert "two files would be called 'replay.mp4'" in done.stderr
    assert "--file-names" in done.stderr
    assert names(Path()) == []


def test_a_place_too_deep_for_its_files_is_refused_before_the_work(split, see, clip, tmp_path):
    see(lambda _: pytest.fail("this is work"))
    done = split(clip, "-o", "/".join([str(tmp_path), *["d" * 250] * 16]))
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    assert names(Path()) == []


def test_files_larger_than_is_allowed_are_refused_before_the_work(split, see, clip, monkeypatch):
    see(lambda _: pytest.fail("this is work"))
    usual = resource.getrlimit
    monkeypatch.setattr(
        "avsep.outputs.checks.resource.getrlimit",
        lambda kind: (600_000,) * 2 if kind == resource.RLIMIT_FSIZE else usual(kind),
    )
    done = split(clip)
    assert done.exit_code == 1
    assert "needs a file of about" in done.stderr
    assert names(Path()) == []


def test_on_a_file_system_of_4_gib_files_longer_recordings_are_refused(clip, monkeypatch):
    from dataclasses import replace

    from avsep.options import Options
    from avsep.outputs.checks import check_file_size

    info = probe(clip)
    monkeypatch.setattr(
        "avsep.outputs.checks.os.pathconf",
        lambda _, what: 32 if what == "PC_FILESIZEBITS" else os.pathconf(".", what),
    )
    check_file_size(Path(), info, Options(), 2)
    with pytest.raises(OutputError, match=r"none may be larger than 4\.[0-9] GB"):
        check_file_size(Path(), replace(info, duration=4 * 3600), Options(), 2)
