"""What products say of themselves before they are made is true of what they make."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
import soundfile

from avsep.errors import OutputError, SettingError
from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.probing import probe
from avsep.media.reading import extract_audio
from avsep.names import TAKEN
from avsep.options import Options
from avsep.outputs import checks
from avsep.outputs.catalogue.replay import Replay
from avsep.outputs.catalogue.subtitles import Subtitles
from avsep.outputs.mkv import write_mkv
from avsep.outputs.products import Failures, make_products
from avsep.outputs.video import write_videos
from avsep.product import choose_products, find_products
from avsep.separation.stems import VoiceFiles
from avsep.speech.captions import Caption

EVERYTHING = Options(
    labels=True,
    timeline=True,
    subtitles=Subtitles(("srt", "vtt")),
    video=True,
    mkv=True,
    replay=Replay(),
    report=True,
)


@pytest.fixture
def separation(tmp_path):
    """A recording whose only voice is its own sound, and is understood."""

    def pretend(path):
        folder = tmp_path / "made"
        folder.mkdir()
        info = probe(path)
        extract_audio(info, tmp_path / "sound.wav")
        samples, rate = soundfile.read(tmp_path / "sound.wav", dtype="float32")
        for name in ("Anna", "rest"):
            soundfile.write(folder / f"{name}.wav", samples, rate, "FLOAT")
        anna, rest = (VoiceFiles(folder / f"{name}.wav", folder) for name in ("Anna", "rest"))
        said = (Caption(0, 1, "Good evening."),)
        speaker = SimpleNamespace(
            name="Anna", language="", voice=anna, captions=said, speaking=((0, 25),)
        )
        return SimpleNamespace(
            info=info,
            people=SimpleNamespace(frames=50),
            speakers=(speaker,),
            unseen=(),
            heard=[speaker],
            rest=rest,
            folder=folder,
            place=folder,
            crosstalk=(),
        )

    return pretend


def kinds_of(path):
    command = [str(find_tool("ffprobe")), "-v", "error", "-show_streams", "-of", "json"]
    streams = json.loads(run_tool([*command, f"file:{path}"]).output)["streams"]
    return [stream["codec_type"] for stream in streams]


def test_files_are_called_as_was_said_before(separation, clip):
    done = separation(clip)
    options = replace(EVERYTHING, replay=None, report=False)
    files = make_products(done, options, failures := Failures(done.folder))
    assert failures.errors == {}
    said = {
        name
        for product in choose_products(options)
        for name in product.name_files(done.info, ["Anna"], product.get_asked(options))
    }
    assert {path.name for path in files} <= said
    assert {"clip.rttm", "clip.labels.txt", "Anna.srt", "Anna.mp4", "clip.voices.mkv"} <= said


def test_the_matroska_file_holds_the_subtitles_that_were_made_and_no_others(separation, clip):
    done = separation(clip)
    stray = done.folder / "Anna.srt"
    stray.write_text("1\n00:00:00,000 --> 00:00:01,000\nNot of this run.\n")
    (plain,) = write_mkv(done)
    assert "subtitle" not in kinds_of(plain)
    (full,) = write_mkv(done, [stray])
    assert kinds_of(full).count("subtitle") == 1


def test_a_video_says_why_it_needs_another_container(separation, make_media, tmp_path, caplog):
    made = make_media(
        "odd.mkv",
        *("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1"),
        *("-f", "lavfi", "-i", "sine=duration=1", "-c:v", "huffyuv", "-c:a", "flac"),
    )
    shutil.copy(made, tmp_path / "odd.mp4")
    (path,) = write_videos(separation(tmp_path / "odd.mp4"))
    assert path.name == "Anna.mkv"
    (told,) = [r.getMessage() for r in caplog.records if "written as .mkv" in r.getMessage()]
    reason = told.partition("written as .mkv: ")[2]
    assert "huffyuv" in reason
    assert "cannot be written" not in reason


def test_encoders_are_named_with_the_options_that_need_them(clip):
    assert checks.list_codecs(probe(clip), Options()) == {}
    assert checks.list_codecs(probe(clip), EVERYTHING) == {
        "aac": ["--video", "--replay"],
        "flac": ["--mkv"],
        "libx264": ["--replay", "--report"],
        "libopus": ["--report"],
    }


def test_no_speaker_can_be_called_like_a_file_of_a_product(clip):
    info = replace(probe(clip), path=clip.with_name("RECORDING.mp4"))
    names = [
        name
        for product in choose_products(EVERYTHING)
        for name in product.name_files(info, ["VOICE"], product.get_asked(EVERYTHING))
    ]
    fixed = {name.partition(".")[0] for name in names} - {"VOICE", "RECORDING"}
    assert fixed == {"everybody", "replay", "report"}
    assert fixed <= TAKEN


@pytest.mark.parametrize("length", [99, 95])
def test_a_product_whose_name_is_too_long_is_refused_before_the_work(
    clip, tmp_path, monkeypatch, length
):
    monkeypatch.setattr(checks, "_ask", lambda *_: 100)
    info = replace(probe(clip), path=clip.with_name(f"{'x' * length}.mp4"))
    if length + len(".rttm") <= 100:
        checks.check_names(tmp_path / "x", info, Options())
    with pytest.raises(OutputError, match=f"{'x' * length}.labels.txt, of {length + 11} bytes"):
        checks.check_names(tmp_path / "x", info, Options(labels=True))


@pytest.mark.parametrize("name", [each.name for each in find_products() if each.parameters])
def test_an_option_that_is_no_setting_of_its_product_is_refused(name):
    with pytest.raises(SettingError) as caught:
        Options(**{name: "yes"})
    assert caught.value.hint
