"""What `--mkv` and `--video` keep: every sound of the recording, and no more than is shown."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.probing import probe, select
from avsep.media.reading import extract_audio, read_audio, read_frames
from avsep.media.stream_choice import choose_sound
from avsep.media.streams import Selection
from avsep.media.stretches import cut_recording
from avsep.outputs.mkv import write_mkv
from avsep.outputs.video import write_videos
from avsep.separation.stems import VoiceFiles

GREYS = "nullsrc=size=160x120:rate=25:duration=2,geq=lum='16+4*N':cb=128:cr=128"
FRAMES = ("-f", "lavfi", "-i", GREYS)
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-pix_fmt", "yuv420p")


def noise(seed):
    source = f"anoisesrc=seed={seed}:duration=2:sample_rate=48000:amplitude=0.3,lowpass=4000"
    return ("-f", "lavfi", "-i", source)


@pytest.fixture
def separation(tmp_path):
    """A recording whose only voice is its own sound."""

    def pretend(path, info=None):
        info = info or probe(path)
        extract_audio(info, tmp_path / "sound.wav")
        samples, rate = soundfile.read(tmp_path / "sound.wav", dtype="float32")
        for name in ("Anna", "rest"):
            soundfile.write(tmp_path / f"{name}.wav", samples, rate, "FLOAT")
        files = [
            VoiceFiles(tmp_path / f"{name}.wav", tmp_path / "no") for name in ("Anna", "rest")
        ]
        speaker = SimpleNamespace(name="Anna", language="", voice=files[0])
        return SimpleNamespace(
            info=info, speakers=(speaker,), unseen=(), rest=files[1], folder=tmp_path
        )

    return pretend


def sounds_of(path):
    command = [str(find_tool("ffprobe")), "-v", "error", "-show_streams", "-of", "json"]
    streams = json.loads(run_tool([*command, f"file:{path}"]).output)["streams"]
    return [stream for stream in streams if stream["codec_type"] == "audio"]


def read_sound(path, number):
    info = probe(path)
    return read_audio(select(info, Selection((info.audio[number],), info.video))).samples


@pytest.mark.parametrize("suffix", ["mov", "mkv", "mxf"])
def test_every_sound_of_a_recording_is_kept(separation, make_media, suffix):
    mapped = ("-map", "0", "-map", "1", "-map", "2", "-map", "3")
    titles = ("-metadata:s:a:1", "title=Ben", "-metadata:s:a:1", "language=ger")
    video = ("-c:v", "mpeg2video") if suffix == "mxf" else H264
    inputs = (*FRAMES, *noise(1), *noise(2), *noise(3), *mapped, *video)
    file = make_media(f"mics.{suffix}", *inputs, "-c:a", "pcm_s16le", *titles)
    (made,) = write_mkv(separation(file))
    assert len(sounds_of(made)) == 3 + 2
    for number in range(3):
        np.testing.assert_array_equal(read_sound(made, number), read_sound(file, number))
    assert [stream["disposition"]["default"] for stream in sounds_of(made)] == [1, 0, 0, 0, 0]
    told = [stream["tags"]["title"] for stream in sounds_of(made)]
    assert told[0] == "original sound, stream 1"
    assert told[3:] == ["Anna", "rest"]
    if suffix == "mkv":
        assert told[1] == "Ben"
        assert sounds_of(made)[1]["tags"]["language"] == "ger"


def test_what_is_heard_of_a_range_is_called_as_in_the_recording(separation, make_media):
    mapped = ("-map", "0", "-map", "1", "-map", "2", *H264, "-c:a", "pcm_s16le")
    titles = ("-metadata:s:a:1", "title=Lav", "-metadata:s:a:1", "language=ger")
    file = make_media("lav.mkv", *FRAMES, *noise(1), *noise(2), *mapped, *titles)
    info = choose_sound(probe(file), "2")
    pretended = separation(file, info)
    pretended.info = cut_recording(info, (0.4, 1.4))
    pretended.mixture = pretended.folder / "sound.wav"
    (made,) = write_mkv(pretended)
    tags = [stream["tags"] for stream in sounds_of(made)]
    assert [tag["title"] for tag in tags] == ["original sound, stream 1", "Lav", "Anna", "rest"]
    assert tags[1]["language"] == "ger"
    assert [each["disposition"]["default"] for each in sounds_of(made)] == [0, 1, 0, 0]


def test_a_sound_that_nobody_decodes_is_left_out_and_that_is_said(separation, make_media, caplog):
    mapped = ("-map", "0", "-map", "1", "-map", "2")
    file = make_media("odd.mov", *FRAMES, *noise(1), *noise(2), *mapped, *H264, "-c:a", "aac")
    data = bytearray(file.read_bytes())
    place = data.find(b"mp4a", data.find(b"stsd", data.find(b"soun")))
    data[place : place + 4] = b"apac"
    place = data.find(b"esds", place)
    data[place : place + 4] = b"dapa"
    file.write_bytes(data)
    (made,) = write_mkv(separation(file))
    assert len(sounds_of(made)) == 1 + 2
    assert "sound stream 1 (unknown codec, mono) can't be kept" in caplog.text


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_a_sound_that_begins_before_those_in_use_moves_nothing(
    separation, make_media, number_of, suffix
):
    tone = ("-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=48000:duration=3")
    late = ("-itsoffset", "1", *FRAMES, "-itsoffset", "1", *noise(1))
    codecs = (*H264, "-bf", "0", "-c:a", "mp2" if suffix == "ts" else "aac")
    mapped = ("-map", "1", "-map", "0", "-map", "2")
    file = make_media(f"early.{suffix}", *tone, *late, *mapped, *codecs)
    info = choose_sound(probe(file))
    assert [stream.index for stream in info.heard] == [2]
    (made,) = write_mkv(separation(file, info))
    numbers = [number_of(image) for image in read_frames(probe(made))]
    first = numbers.index(1) / 25 - 0.04  # when the frames begin
    truth = read_sound(file, 1)[0]
    truth = truth[np.argmax(np.abs(truth) > 0.05) :][:12_000]
    for number in (1, 2, 3):
        sound = read_sound(made, number)[0]
        found = correlate(sound, truth, "valid", "fft").argmax() / 48_000
        assert found == pytest.approx(first, abs=0.06), number


@pytest.fixture
def trimmed(make_media):
    """An MP4 whose edit list hides the 20 frames before the cut."""
    how = ("-g", "100", "-c:a", "aac", "-b:a", "192k")
    whole = make_media("whole.mp4", *FRAMES, *noise(1), *H264, *how)
    return make_media("trimmed.mp4", "-ss", "0.8", "-i", whole, "-c", "copy")


def test_a_bundle_does_not_bring_back_what_an_edit_list_hides(
    separation, trimmed, number_of, caplog
):
    before = [number_of(image) for image in read_frames(probe(trimmed))]
    assert before[0] == 20
    (made,) = write_mkv(separation(trimmed))
    assert [number_of(image) for image in read_frames(probe(made))] == before
    assert "coded anew" in caplog.text
    truth = read_sound(trimmed, 0)[0]
    for number in range(3):
        sound = read_sound(made, number)[0][: len(truth)]
        lags = np.correlate(sound[24_000:28_000], truth[24_200:27_800], "valid")
        assert abs(lags.argmax() - 200) < 48, number


def test_a_video_does_not_bring_back_what_an_edit_list_hides(separation, trimmed, number_of):
    before = [number_of(image) for image in read_frames(probe(trimmed))]
    (made,) = write_videos(separation(trimmed))
    assert made.suffix == ".mp4"
    assert [number_of(image) for image in read_frames(probe(made))] == before


def test_a_picture_that_is_turned_is_turned_in_a_bundle(separation, make_media, ffmpeg_version):
    lying = make_media("lying.mov", *FRAMES, *noise(1), *H264, "-c:a", "aac")
    before = () if ffmpeg_version < 6 else ("-display_rotation", "90")
    after = ("-metadata:s:v", "rotate=90") if ffmpeg_version < 6 else ()
    phone = make_media("phone.mov", *before, "-i", lying, "-c", "copy", *after)
    (made,) = write_mkv(separation(phone))
    assert (probe(made).width, probe(made).height) == (120, 160)
