"""Files that lie in their place in an editor: Broadcast WAV, read by other libraries."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import warnings
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import av
import numpy as np
import opentimelineio as otio
import pytest
import soundfile
from typer.testing import CliRunner
from wavinfo import WavInfoReader

from avsep.cli.app import app
from avsep.media.ffmpeg import find_tool
from fakes import face


@pytest.fixture
def split(split_into, see_faces):
    """Split a recording of two people; the folder of the result."""
    see_faces(face(40), face(120))
    return split_into


def record(make_media, name, rate="25", *options, sound=("-c:a", "pcm_s16le", "-ar", "48000")):
    picture = ("-f", "lavfi", "-i", f"color=gray:size=160x120:rate={rate}:duration=1")
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
    coder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    return make_media(name, *picture, *tone, *coder, *sound, *options)


def read_stamp(path: Path) -> WavInfoReader:
    # The library shows what it finds odd; nothing may be.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return WavInfoReader(path)


def read_speed(path: Path) -> dict[str, str]:
    root = ElementTree.fromstring(read_stamp(path).ixml.source)  # noqa: S314 - made by ourselves
    return {element.tag: element.text for element in root.find("SPEED")}


@pytest.mark.parametrize(
    ("rate", "code", "flag"),
    [
        ("24000/1001", "01:00:00:00", "NDF"),
        ("24", "23:59:59:23", "NDF"),
        ("25", "10:00:00:12", "NDF"),
        ("30000/1001", "01:00:00;00", "DF"),
        ("30000/1001", "00:09:59;29", "DF"),
        ("30000/1001", "01:00:00:00", "NDF"),
        ("60000/1001", "01:01:00;04", "DF"),
    ],
)
def test_every_wav_file_begins_at_the_time_code_of_the_recording(
    split, make_media, rate, code, flag
):
    folder = split(record(make_media, "coded.mov", rate, "-timecode", code))
    # Another library counts the frames of the code.
    frames = otio.opentime.from_timecode(code, float(Fraction(rate))).value
    begin = round(frames) / Fraction(rate)
    for path in sorted(folder.glob("*.wav")):
        read = read_stamp(path)
        sample_rate = read.fmt.sample_rate
        assert read.bext.time_reference == math.ceil(begin * sample_rate)
        # Programs that count whole frames find the right one.
        assert math.floor(Fraction(read.bext.time_reference, sample_rate) * Fraction(rate)) == (
            round(frames)
        )
        speed = read_speed(path)
        exact = Fraction(rate)
        assert speed["TIMECODE_RATE"] == f"{exact.numerator}/{exact.denominator}"
        assert speed["TIMECODE_FLAG"] == flag
        assert int(speed["TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO"]) == read.bext.time_reference
        assert speed["TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI"] == "0"
        assert int(speed["FILE_SAMPLE_RATE"]) == sample_rate
    assert len(list(folder.glob("*.wav"))) == 6


def test_a_recording_without_a_time_code_begins_at_midnight_and_keeps_its_date(split, make_media):
    made = ("-metadata", "creation_time=2024-05-01T10:30:15Z")
    read = read_stamp(split(record(make_media, "dated.mov", "25", *made)) / "speaker-1.wav")
    assert read.bext.time_reference == 0
    assert (read.bext.originator_date, read.bext.originator_time) == ("2024-05-01", "10:30:15")
    assert read.bext.originator.startswith("avsep ")


def test_what_a_recording_does_not_say_of_its_date_is_left_open(split, make_media):
    read = read_stamp(split(record(make_media, "undated.mkv")) / "rest.wav")
    assert (read.bext.originator_date, read.bext.originator_time) == ("", "")


def test_tracks_are_called_like_the_speakers_in_any_script(split, make_media):
    folder = split(record(make_media, "Größe & mehr.mov"), "--speakers", "Zoë & Łukasz=1,安娜=2")
    for name, plain in (("Zoë & Łukasz", "Zoe & ?ukasz"), ("安娜", "??"), ("rest", "rest")):
        read = read_stamp(folder / f"{name}.wav")
        assert [track.name for track in read.ixml.track_list] == [name]
        assert read.ixml.project == "Größe & mehr"
        assert read.bext.description == f"{plain} in Gro?e & mehr"


def test_each_channel_is_a_track(split, surround_clip):
    read = read_stamp(split(surround_clip) / "speaker-2.wav")
    tracks = [(track.channel_index, track.name) for track in read.ixml.track_list]
    assert tracks == [(str(number), f"speaker-2 {number}") for number in range(1, 7)]


def test_a_sound_that_begins_before_the_picture_begins_before_its_time_code(split, make_media):
    picture = ("-itsoffset", "0.72", "-f", "lavfi", "-i", "color=gray:size=160x120:rate=25:d=1")
    tone = ("-f", "lavfi", "-i", "sine=sample_rate=48000:duration=2")
    held = ("-fps_mode", "passthrough", "-bf", "0", "-timecode", "10:00:00:00")
    coder = ("-c:v", "libx264", "-c:a", "pcm_s16le", *held)
    read = read_stamp(split(make_media("late.mov", *picture, *tone, *coder)) / "rest.wav")
    assert read.bext.time_reference == round((36_000 - 0.72) * 48_000)


@pytest.mark.parametrize("limit", [2**32, 1000])
@pytest.mark.parametrize("kind", ["16", "24", "float"])
def test_a_stamped_file_of_any_size_is_still_read_by_everybody(
    split, surround_clip, monkeypatch, limit, kind
):
    monkeypatch.setattr("avsep.media.sound.WAV_LIMIT", limit)
    path = split(surround_clip, "--sample-format", kind) / "rest.wav"
    content = path.read_bytes()
    large = limit == 1000
    assert content[:4] == (b"RF64" if large else b"RIFF")
    whole = struct.unpack("<Q", content[20:28]) if large else struct.unpack("<I", content[4:8])
    assert whole[0] == len(content) - 8
    samples, rate = soundfile.read(path, dtype="float32")
    assert (samples.shape, rate) == ((96_000, 6), 48_000)
    decode = ["-v", "error", "-i", f"file:{path}", "-f", "f32le", "-"]
    done = subprocess.run([find_tool("ffmpeg"), *decode], capture_output=True, check=True)
    assert done.stderr == b""
    decoded = np.frombuffer(done.stdout, np.float32).reshape(-1, 6)
    np.testing.assert_allclose(decoded, samples, atol=1e-7)
    read = read_stamp(path)
    assert (read.fmt.channel_count, read.data.frame_count) == (6, 96_000)
    assert len(list(read.ixml.track_list)) == 6


def test_ffmpeg_knows_the_stamp_too(split, make_media):
    folder = split(record(make_media, "probed.mov", "25", "-timecode", "00:00:10:00"))
    asked = ["-v", "error", "-show_format", "-of", "json", f"file:{folder / 'speaker-1.wav'}"]
    told = subprocess.run([find_tool("ffprobe"), *asked], capture_output=True, check=True).stdout
    tags = json.loads(told)["format"]["tags"]
    assert tags["time_reference"] == "480000"
    assert tags["comment"] == "speaker-1 in probed"


def test_no_sound_file_is_called_like_a_loudspeaker(split, make_media):
    source = record(make_media, "debate.R.mov")
    folder = split(source, "--speakers", "Anna.L=1,2", "--file-names", "{speaker}-{input}")
    assert {path.name for path in folder.glob("*.wav")} == {
        f"{name}-debate_R{suffix}"
        for name in ("Anna_L", "speaker-2", "rest")
        for suffix in (".wav", ".16k.wav")
    }


def pulse(make_media, channels=1):
    """A recording with a click at exactly one second."""
    clicks = "|".join(["if(eq(n,48000),0.9,0.05*sin(440*2*PI*t))"] * channels)
    sound = ("-f", "lavfi", "-i", f"aevalsrc='{clicks}':sample_rate=48000:duration=2")
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2")
    return make_media("pulse.mkv", *picture, *sound, "-c:v", "libx264", "-c:a", "pcm_f32le")


def decode(path: Path) -> tuple[np.ndarray, int]:
    with av.open(str(path)) as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    sound = np.concatenate(frames, 1)
    if sound.dtype.kind == "i":
        sound = sound / np.float32(np.iinfo(sound.dtype).max)
    return sound.reshape(1, -1), rate


@pytest.mark.parametrize(
    ("kind", "codec", "most"),
    [("aiff", "pcm_s24be", 0), ("m4a", "aac", 1023), ("mp3", "mp3float", 0)],
)
def test_voices_of_every_format_are_in_step_with_the_recording(
    split, make_media, kind, codec, most
):
    folder = split(pulse(make_media), "--format", kind, "--video", "--mkv")
    assert {path.name for path in folder.glob(f"*.{kind}")} == {
        f"{name}.{kind}" for name in ("speaker-1", "speaker-2", "rest")
    }
    assert len(list(folder.glob("*.wav"))) == 3  # those for recognisers
    together = 0
    for name in ("speaker-1", "speaker-2", "rest"):
        with av.open(str(folder / f"{name}.{kind}")) as file:
            assert file.streams.audio[0].codec_context.codec.name == codec
        sound, rate = decode(folder / f"{name}.{kind}")
        assert rate == 48_000
        assert 96_000 <= sound.shape[1] <= 96_000 + most
        together = together + sound[0, :96_000]
    # The click of all together is where it was.
    assert abs(int(np.abs(together).argmax()) - 48_000) <= 1
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["speakers"][0]["file"] == f"speaker-1.{kind}"
    assert manifest["rest"]["file"] == f"rest.{kind}"
    assert (folder / "speaker-1.mkv").exists()
    assert (folder / "pulse.voices.mkv").exists()


@pytest.mark.parametrize(("kind", "subtype"), [("16", "PCM_16"), ("float", "FLOAT")])
def test_aiff_holds_every_kind_of_samples(split, make_media, kind, subtype):
    folder = split(pulse(make_media), "--format", "aiff", "--sample-format", kind)
    info = soundfile.info(folder / "rest.aiff")
    assert (info.format, info.subtype, info.frames) == ("AIFF", subtype, 96_000)


def refuse(source: Path, weights: Path, *words: object) -> tuple[int, str]:
    asked = ["split", str(source), "--model", str(weights), *map(str, words)]
    done = CliRunner().invoke(app, asked)
    return done.exit_code, " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize("kind", ["m4a", "mp3"])
def test_formats_that_lose_something_refuse_channels_that_they_would_lose(
    weights, surround_clip, tmp_path, monkeypatch, kind
):
    monkeypatch.chdir(tmp_path)
    code, said = refuse(surround_clip, weights, "--format", kind)
    assert code == 1
    assert f"has sound of 6 channels, and {kind.upper()} holds 2" in said
    assert "Take --format wav" in said
    code, said = refuse(surround_clip, weights, "--format", kind, "--sample-format", "16")
    assert code == 2
    assert "leave it away" in said


def test_an_aiff_file_that_would_grow_too_large_is_refused_before_the_work(
    weights, clip, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("avsep.outputs.space.WAV_LIMIT", 500_000)
    code, said = refuse(clip, weights, "--format", "aiff")  # 2 s of 44.1 kHz stereo, 24 bit
    assert code == 1
    assert "needs files of 0.5 MB, and AIFF ends at 4 GiB" in said


def test_a_coded_file_says_who_is_heard(split, make_media):
    folder = split(pulse(make_media), "--format", "mp3", "--speakers", "Zoë=1")
    with av.open(str(folder / "Zoë.mp3")) as file:
        assert file.metadata["title"] == "Zoë"
