"""Which streams are read, and that all of the sound is kept: through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.faces.detectors import Face
from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.probing import probe

POINTS = np.array([(32, 42), (48, 42), (40, 50), (34, 59), (46, 59)], np.float32)
FACE = Face(np.array([20, 25, 60, 75], np.float32), POINTS, 0.99)
GREYS = "nullsrc=size=160x120:rate=25:duration=2,geq=lum='16+4*N':cb=128:cr=128"
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
FRAMES = ("-f", "lavfi", "-i", GREYS)


def noise(seed: int, seconds: float = 2) -> tuple[str, ...]:
    source = f"anoisesrc=seed={seed}:duration={seconds}:sample_rate=48000:amplitude=0.3"
    return ("-f", "lavfi", "-i", source)


TONE = ("-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=48000:duration=2")
SILENCE = ("-f", "lavfi", "-t", "2", "-i", "anullsrc=r=48000:cl=mono")


@pytest.fixture
def split(weights, tmp_path, monkeypatch):
    """Run `avsep split` on a file: its outcome, its manifest, and voices plus rest."""
    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: see)
    monkeypatch.chdir(tmp_path)

    def run(path, *words):
        command = ["split", "--model", weights, path, "-o", "out", *words]
        done = CliRunner().invoke(app, [str(word) for word in command])
        folder = Path("out") / Path(path).stem
        if done.exit_code:
            return done, None, None
        manifest = json.loads((folder / "manifest.json").read_text())
        names = [*(speaker["file"] for speaker in manifest["speakers"]), "rest.wav"]
        parts = [soundfile.read(folder / name, always_2d=True)[0].T for name in names]
        return done, manifest, sum(parts)

    return run


def see(image):
    """A face in every frame that isn't coloured: test pictures have none."""
    return [FACE] if np.ptp(image.mean((0, 1))) < 8 else []


def decode(path, stream: int) -> np.ndarray:
    """A sound stream as ffmpeg decodes it, (channels, samples)."""
    asked = ["-v", "error", "-i", str(path), "-map", f"0:{stream}", "-f", "s16le", "pipe:1"]
    content = run_tool([str(find_tool("ffmpeg")), *asked]).output
    return np.frombuffer(content, "<i2")[None] / 32768


def maps(count: int) -> list[str]:
    return [word for number in range(count) for word in ("-map", str(number))]


def sounding_file(make_media, name, sounds, *how):
    """Frames, and a stream for each sound, 16-bit."""
    inputs = [*FRAMES, *(word for sound in sounds for word in sound)]
    codec = "pcm_s16be" if name.endswith(".mxf") else "pcm_s16le"
    video = ("-c:v", "mpeg2video") if name.endswith(".mxf") else H264
    return make_media(name, *inputs, *maps(len(sounds) + 1), *video, "-c:a", codec, *how)


@pytest.mark.parametrize("suffix", ["mov", "mkv"])
def test_mono_streams_are_heard_together_as_channels(split, make_media, suffix):
    file = sounding_file(make_media, f"mics.{suffix}", [noise(1), noise(2), SILENCE])
    done, manifest, sound = split(file)
    assert done.exit_code == 0, done.output
    assert manifest["source"]["audio_streams"] == [1, 2, 3]
    expected = np.concatenate([decode(file, stream) for stream in (1, 2, 3)])
    np.testing.assert_allclose(sound, expected, atol=1e-5)
    assert "heard together as channels" in done.stderr
    assert any("heard together as channels" in text for text in manifest["warnings"])


def test_mono_streams_of_other_lengths_and_rates_keep_their_time(split, make_media):
    low = ("-f", "lavfi", "-i", "anoisesrc=seed=4:duration=1:sample_rate=16000:amplitude=0.3")
    _, _, sound = split(sounding_file(make_media, "mics.mov", [noise(1), low]))
    assert sound.shape == (2, 96_000)
    assert np.abs(sound[1, 40_000:47_000]).max() > 0.1
    assert np.abs(sound[1, 49_000:]).max() < 1e-3


LANGUAGES = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger")
ASIDE = {
    "a line-up tone": ([TONE, noise(1)], (), [2]),
    "a tone beside two microphones": ([noise(1), TONE, noise(2)], (), [1, 3]),
    "silence before the sound": ([SILENCE, (*noise(1), "-ac:a:1", "2")], (), [2]),
    "a second language": ([noise(1), noise(2)], LANGUAGES, [1]),
    "a commentary by its mark": (
        [noise(1), noise(2)],
        ("-disposition:a:0", "default+comment", "-disposition:a:1", "0"),
        [2],
    ),
    "a commentary by its name": (
        [noise(1), noise(2)],
        ("-metadata:s:a:0", "title=Director's Commentary"),
        [2],
    ),
    "a dub marked as default": (
        [noise(1), noise(2)],
        ("-disposition:a:0", "default+dub", "-disposition:a:1", "original"),
        [2],
    ),
}


@pytest.mark.parametrize("case", ASIDE)
def test_what_is_no_sound_of_the_scene_is_left_and_that_is_said(split, make_media, case):
    sounds, how, expected = ASIDE[case]
    sounds = [sound[:4] if "-ac:a:1" in sound else sound for sound in sounds]
    wide = ("-ac:a:1", "2") if case.startswith("silence") else ()
    file = sounding_file(make_media, "aside.mkv", sounds, *how, *wide)
    done, manifest, _ = split(file)
    assert done.exit_code == 0, done.output
    assert manifest["source"]["audio_streams"] == expected
    assert "Not heard: " in done.stderr
    assert "--audio-stream" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["2"], [2]), (["2,1"], [2, 1]), (["ger"], [2]), (["de"], [2]), (["1,2"], [1, 2])],
)
def test_the_sound_that_is_asked_for_is_the_one_heard(split, make_media, words, expected):
    file = sounding_file(make_media, "two.mkv", [noise(1), noise(2)], *LANGUAGES)
    done, manifest, sound = split(file, "--audio-stream", *words)
    assert manifest["source"]["audio_streams"] == expected
    np.testing.assert_allclose(
        sound, np.concatenate([decode(file, stream) for stream in expected]), atol=1e-5
    )
    assert "Not heard" not in done.stderr


def test_the_language_that_is_spoken_is_heard_first(split, make_media):
    file = sounding_file(make_media, "two.mkv", [noise(1), noise(2)], *LANGUAGES)
    assert split(file, "--language", "de")[1]["source"]["audio_streams"] == [2]


@pytest.mark.parametrize(("option", "wanted"), [("audio", "0"), ("audio", "fra"), ("video", "1")])
def test_a_stream_that_is_not_there_is_refused_with_what_is(split, make_media, option, wanted):
    file = sounding_file(make_media, "two.mkv", [noise(1), noise(2)], *LANGUAGES)
    done, _, _ = split(file, f"--{option}-stream", wanted)
    assert done.exit_code == 1
    assert f"there is no stream {wanted} for --{option}-stream" in done.stderr
    assert "The streams of this kind are" in done.stderr


@pytest.mark.parametrize("words", [("--audio-stream", "a b"), ("--video-stream", "0,1")])
def test_what_names_no_stream_is_wrong_usage(split, clip, words):
    assert split(clip, *words)[0].exit_code == 2


@pytest.mark.parametrize("marks", [("default", "default"), ("default", "0"), ("0", "0")])
def test_the_picture_with_the_faces_is_watched(split, make_media, marks):
    screen = ("-f", "lavfi", "-i", "color=red:size=320x240:rate=25:duration=2")
    which = ("-disposition:v:0", marks[0], "-disposition:v:1", marks[1])
    inputs = (*screen, *FRAMES, *noise(1), *maps(3))
    done, manifest, _ = split(make_media("screen.mp4", *inputs, *H264, "-c:a", "aac", *which))
    assert done.exit_code == 0, done.output
    assert (manifest["source"]["video_stream"], manifest["source"]["width"]) == (1, 160)
    assert "--video-stream chooses another" in done.stderr


def test_the_picture_that_is_asked_for_is_watched(split, make_media):
    inputs = (*FRAMES, *FRAMES, *noise(1), *maps(3))
    file = make_media("two.mp4", *inputs, *H264, "-c:a", "aac")
    assert split(file, "--video-stream", "1")[1]["source"]["video_stream"] == 1


@pytest.mark.parametrize("mark", [(), ("-disposition:v:0", "attached_pic")])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_cover_before_the_pictures_is_not_watched(split, make_media, suffix, mark):
    cover = ("-f", "lavfi", "-i", "color=gray:size=160x120:rate=25:duration=0.04")
    inputs = (*cover, *FRAMES, *noise(1), *maps(3), *H264, "-c:v:0", "mjpeg")
    kept = ("-pix_fmt:v:0", "yuvj420p", "-c:a", "aac")
    done, manifest, _ = split(make_media(f"cover.{suffix}", *inputs, *kept, *mark))
    assert done.exit_code == 0, done.output
    assert manifest["duration"] == pytest.approx(2, abs=0.1)
    assert manifest["speakers"][0]["seen"][0][1] == pytest.approx(2, abs=0.05)


def spoil(path: Path, kind: bytes, before: bytes) -> None:
    """Give the first stream of a kind a codec that nobody knows."""
    data = bytearray(path.read_bytes())
    place = data.find(before, data.find(b"stsd", data.find(kind)))
    data[place : place + 4] = b"zzzz"
    esds = data.find(b"esds", place)
    if 0 < esds < place + 120:
        data[esds : esds + 4] = b"zzzy"
    path.write_bytes(data)


def test_a_first_sound_that_nobody_decodes_does_not_spoil_the_second(split, make_media):
    inputs = (*FRAMES, *noise(1), *noise(1), *maps(3))
    file = make_media("odd.mov", *inputs, *H264, "-c:a", "aac")
    spoil(file, b"soun", b"mp4a")
    done, manifest, _ = split(file)
    assert done.exit_code == 0, done.output
    assert manifest["source"]["audio_streams"] == [2]
    assert "it can't be decoded" in done.stderr


def test_a_first_picture_that_nobody_decodes_does_not_spoil_the_second(split, make_media):
    file = make_media("odd.mov", *FRAMES, *FRAMES, *noise(1), *maps(3), *H264, "-c:a", "aac")
    spoil(file, b"vide", b"avc1")
    done, manifest, _ = split(file)
    assert done.exit_code == 0, done.output
    assert manifest["source"]["video_stream"] == 1


@pytest.mark.parametrize("words", [(), ("--audio-stream", "1")])
def test_a_sound_that_nobody_decodes_is_refused_before_the_work(split, make_media, words):
    file = make_media("odd.mov", *FRAMES, *noise(1), *maps(2), *H264, "-c:a", "aac")
    spoil(file, b"soun", b"mp4a")
    done, _, _ = split(file, *words)
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr


def test_anti_phase_stereo_is_heard_and_comes_out_as_it_was(split, make_media):
    upside_down = ("-af:a:0", "aeval=val(0)|-val(0):c=stereo", "-c:a", "pcm_s16le")
    file = make_media("phase.mov", *FRAMES, *noise(1), *maps(2), *H264, *upside_down)
    done, manifest, sound = split(file)
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(sound[0], -sound[1], atol=1e-6)
    name = manifest["speakers"][0]["file"]
    narrow = soundfile.read(Path("out/phase") / name.replace(".wav", ".16k.wav"))[0]
    assert np.abs(narrow).max() > 0.01


@pytest.mark.parametrize("sounding", [0.5, 1.3])
def test_a_sound_shorter_than_the_picture_gives_files_of_the_picture_s_length(
    split, make_media, sounding
):
    file = make_media(
        "short.mkv", *FRAMES, *noise(1, sounding), *maps(2), *H264, "-c:a", "pcm_s16le"
    )
    _, _, sound = split(file)
    assert sound.shape == (1, 96_000)
    assert np.abs(sound[0, round(48_000 * sounding) + 50 :]).max() < 1e-6


def test_faces_shows_those_of_the_same_picture_as_split(split, make_media, weights):
    del split, weights
    screen = ("-f", "lavfi", "-i", "color=red:size=320x240:rate=25:duration=2")
    file = make_media("screen.mp4", *screen, *FRAMES, *maps(2), *H264)
    done = CliRunner().invoke(app, ["faces", str(file)])
    assert done.exit_code == 0, done.output
    assert "The pictures are those of stream 1" in done.stderr
    done = CliRunner().invoke(app, ["faces", str(file), "--video-stream", "0"])
    assert done.exit_code == 1


def test_a_length_that_only_another_stream_has_is_not_believed(make_media, tmp_path):
    subtitles = tmp_path / "late.srt"
    subtitles.write_text("1\n00:50:00,000 --> 00:50:01,000\nSome words.\n")
    inputs = (*FRAMES, *noise(1), "-i", subtitles, *maps(3))
    codecs = (*H264, "-c:a", "aac", "-c:s", "mov_text")
    assert probe(make_media("told.mp4", *inputs, *codecs)).duration == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("offset", ["60", "5000", "90000"])
def test_joined_transport_streams_are_as_long_as_what_they_hold(make_media, offset):
    how = (*FRAMES, *noise(1), *H264, "-c:a", "mp2")
    parts = [make_media("part.ts", *how, "-output_ts_offset", at) for at in (offset, "0")]
    joined = parts[0].with_name("joined.ts")
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert probe(joined).duration == pytest.approx(4, abs=0.2)
