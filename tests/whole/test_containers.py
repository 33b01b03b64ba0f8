"""Videos of voices and bundles: what every container keeps of picture, sound and time."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.probing import probe, select
from avsep.media.reading import extract_audio, read_audio, read_frames
from avsep.media.streams import Selection
from avsep.outputs.mkv import write_mkv
from avsep.outputs.video import KEPT, write_videos
from avsep.separation.stems import VoiceFiles

PICTURE = "testsrc2=size=160x120:duration=6:rate={rate}"
NOISE = "anoisesrc=seed={seed}:duration=6:sample_rate=48000:amplitude=0.3,lowpass=4000"
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "192k")
UNEVEN = ("-vf", "select='not(mod(n,3))+not(mod(n,7))'", "-fps_mode", "vfr")
RECORDINGS = {
    "25.mp4": ("25", (), (*H264, *AAC)),
    "25.mov": ("25", (), (*H264, *AAC)),
    "uneven.mp4": ("50", (), (*UNEVEN, *H264, *AAC)),
    "2997.mp4": ("30000/1001", (), (*H264, *AAC)),
    "late.mp4": ("25", ("-itsoffset", "0.7"), (*H264, "-bf", "2", *AAC)),
    "late.mkv": ("25", ("-itsoffset", "0.7"), (*H264, "-c:a", "flac")),
    "late.ts": ("25", ("-itsoffset", "0.7"), (*H264, *AAC)),
    "vp8.webm": ("25", (), ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")),
    "waiting.avi": ("25", (), ("-c:v", "mpeg4", "-bf", "2", "-c:a", "pcm_s16le")),
    "tape.mpg": ("25", (), ("-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2", "-b:a", "256k")),
    "disc.vob": ("25", (), ("-c:v", "mpeg2video", "-bf", "2", "-c:a", "pcm_dvd")),
    "tape.mxf": ("25", (), ("-c:v", "mpeg2video", "-c:a", "pcm_s16le")),
}


@pytest.fixture(scope="session", params=RECORDINGS)
def separation(request, make_media, tmp_path_factory):
    """A recording whose only voice is its own sound."""
    rate, late, settings = RECORDINGS[request.param]
    picture = ("-f", "lavfi", "-i", PICTURE.format(rate=rate))
    sound = (*late, "-f", "lavfi", "-i", NOISE.format(seed=1))
    info = probe(make_media(request.param, *picture, *sound, *settings))
    folder = tmp_path_factory.mktemp("made")
    extract_audio(info, folder / "decoded.wav")
    samples, sample_rate = soundfile.read(folder / "decoded.wav", dtype="float32")
    for name in ("Anna", "rest"):
        soundfile.write(folder / f"{name}.wav", samples, sample_rate, "FLOAT")
    speaker = SimpleNamespace(
        name="Anna", language="eng", voice=VoiceFiles(folder / "Anna.wav", folder / "none")
    )
    rest = VoiceFiles(folder / "rest.wav", folder / "none")
    return SimpleNamespace(info=info, speakers=(speaker,), unseen=(), rest=rest, folder=folder)


@pytest.fixture(scope="session")
def video(separation) -> Path:
    (path,) = write_videos(separation)
    return path


@pytest.fixture(scope="session")
def mkv(separation) -> Path:
    (path,) = write_mkv(separation)
    return path


@pytest.fixture(scope="session")
def exactness(separation, ffmpeg_version) -> float:
    """Milliseconds; ffmpeg 5 counts the beginning of Opus' coder twice, in Matroska."""
    return 15 if ffmpeg_version < 6 and separation.info.path.suffix == ".webm" else 1


def list_streams(path: Path) -> list[dict]:
    command = [str(find_tool("ffprobe")), "-v", "error", "-show_streams", "-of", "json"]
    return json.loads(run_tool([*command, f"file:{path}"]).output)["streams"]


def hash_pictures(path: Path) -> list[str]:
    """Hash the coded frame of every packet, in order."""
    asked = ("-show_packets", "-show_data_hash", "sha256", "-show_entries", "packet=data_hash")
    command = [str(find_tool("ffprobe")), "-v", "error", "-select_streams", "v", *asked]
    return run_tool([*command, "-of", "csv=p=0", f"file:{path}"]).output.decode().split()


def measure_lags(path: Path, separation: SimpleNamespace, stream: int = 0) -> list[float]:
    """Milliseconds by which the sound is farther behind the picture than in the recording."""
    info = probe(path)
    chosen = select(info, Selection((info.audio[stream],), info.video))
    sound = read_audio(chosen, 48_000, mono=True).samples[0]
    truth = soundfile.read(separation.folder / "Anna.wav", dtype="float32")[0]
    moved = shown_times(path)[0] - shown_times(separation.info.path)[0]
    lags = []
    for start in (0.8, 3.0, 4.8):
        piece = slice(int(start * 48_000), int(start * 48_000) + 24_000)
        likeness = correlate(sound[piece], truth[piece], "same", "fft")
        lags.append((likeness.argmax() - 12_000) / 48 - 1000 * moved)
    return lags


def shown_times(path: Path) -> list[float]:
    """Times of the frames after the file's beginning."""
    asked = ["-show_entries", "packet=pts_time:format=start_time", "-of", "json"]
    command = [str(find_tool("ffprobe")), "-v", "error", "-fflags", "+genpts"]
    command += ["-select_streams", "v", *asked]
    found = json.loads(run_tool([*command, f"file:{path}"]).output)
    origin = float(found["format"]["start_time"])
    return sorted(float(packet["pts_time"]) - origin for packet in found["packets"])


def test_the_coded_picture_of_a_video_is_that_of_the_recording(separation, video):
    assert hash_pictures(video) == hash_pictures(separation.info.path)


def test_the_pictures_of_a_video_keep_their_times(separation, video, mkv, exactness):
    expected = np.array(shown_times(separation.info.path))
    np.testing.assert_allclose(shown_times(mkv), expected, atol=exactness / 1000)
    # A transport stream counts from where its sound was begun to be coded.
    shift = shown_times(video)[0] if video.suffix == ".ts" else 0
    np.testing.assert_allclose(shown_times(video), expected + shift, atol=exactness / 1000)


def test_the_sound_of_a_video_is_within_a_millisecond(separation, video, exactness):
    assert np.abs(measure_lags(video, separation)).max() < exactness


def test_a_container_that_cannot_hold_a_voice_becomes_matroska(separation, video):
    suffix = separation.info.path.suffix
    assert video.suffix == (suffix if suffix in KEPT else ".mkv")


def test_the_coded_picture_of_a_bundle_is_that_of_the_recording(separation, mkv):
    if separation.info.path.suffix == ".ts":  # which packs the same frames otherwise
        pairs = zip(read_frames(probe(mkv)), read_frames(separation.info), strict=True)
        assert all((one == other).all() for one, other in pairs)
    else:
        assert hash_pictures(mkv) == hash_pictures(separation.info.path)


def test_every_sound_of_a_bundle_is_within_a_millisecond(separation, mkv, exactness):
    for stream in range(3):
        lags = measure_lags(mkv, separation, stream)
        assert np.abs(lags).max() <= exactness, stream


def test_the_tracks_of_a_bundle_say_what_they_are(mkv):
    sounds = [stream for stream in list_streams(mkv) if stream["codec_type"] == "audio"]
    told = [(s["tags"].get("title"), s["tags"].get("language")) for s in sounds]
    assert [title for title, _ in told] == ["original sound", "Anna", "rest"]
    assert told[1][1] == "eng"
    assert [s["disposition"]["default"] for s in sounds] == [1, 0, 0]
    assert {s.get("bits_per_raw_sample") for s in sounds[1:]} == {"24"}
