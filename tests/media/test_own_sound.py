"""Sound in a file of its own: where it lies in the recording, to the millisecond."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch
from scipy.signal import fftconvolve
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.faces.detectors import Face
from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.own_sound import open_own_sound, place_own_sound
from avsep.media.placing import RATE, NotClearError, find_placing, measure_onsets
from avsep.media.probing import probe, select
from avsep.media.reading import read_audio
from avsep.media.sound import SoundFileReader
from avsep.media.streams import Selection
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.speech.samples import read_sample

ROOT = Path(__file__).parents[2]
EYES_TO_MOUTH = [(-8, -8), (8, -8), (0, 0), (-6, 9), (6, 9)]


def see(_image):
    points = np.array([(60 + dx, 50 + dy) for dx, dy in EYES_TO_MOUTH], np.float32)
    return [Face(np.array([40, 25, 80, 75], np.float32), points, 0.99)]


@pytest.fixture(scope="module")
def voices() -> np.ndarray:
    """Two people who talk one after the other, 48 s at 16 kHz."""
    return np.concatenate([read_voice("debate", 1), read_voice("same-sex", 1)])


@cache
def read_voice(example: str, number: int) -> np.ndarray:
    """One of the examples' true voices, at 16 kHz."""
    sound, rate = soundfile.read(ROOT / f"examples/{example}.truth/speaker-{number}.flac")
    return soxr.resample(sound, rate, RATE)


def in_room(sound: np.ndarray, seed: int, loud: float = 0.03) -> np.ndarray:
    """As a microphone elsewhere in a room hears it, with echoes of its own."""
    random = np.random.default_rng(seed)
    times = np.arange(RATE // 4) / RATE
    echoes = loud * random.normal(size=len(times)) * np.exp(-times / 0.08)
    echoes[0] = 1
    return fftconvolve(sound, echoes)[: len(sound)]


def with_noise(sound: np.ndarray, level: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=len(sound)) * np.sqrt(np.square(sound).mean())
    return sound + noise * 10 ** (level / 20)


@pytest.fixture
def place(tmp_path):
    """Find where one sound lies in another."""

    def find(recording, sound):
        files = []
        for name, samples in (("recording", recording), ("sound", sound)):
            path = tmp_path / f"{name}.wav"
            soundfile.write(path, samples, RATE, "FLOAT")
            files.append(SoundFileReader(path))
        return find_placing(*files)

    return find


@pytest.mark.parametrize("level", [-30, -10, 0, 6])
@pytest.mark.parametrize("begins", [-3.21, 0.0, 1.2345])
def test_the_place_is_found_to_a_tenth_of_a_millisecond(place, voices, level, begins):
    camera, boom = with_noise(in_room(voices, 1), level), in_room(voices, 2, 0.01)
    cut = round(abs(begins) * RATE)
    found = place(camera, boom[cut:]) if begins > 0 else place(camera[cut:], boom)
    assert found.offset == pytest.approx(begins, abs=1e-4)
    assert found.drift == 0


def test_a_place_between_two_samples_is_found(place, voices):
    shifted = np.fft.irfft(
        np.fft.rfft(voices) * np.exp(2j * np.pi * np.fft.rfftfreq(len(voices)) * 0.5), len(voices)
    )
    assert place(voices, shifted).offset * RATE == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("drift", [60e-6, -150e-6])
def test_clocks_that_run_apart_are_noticed(place, voices, drift):
    more = [read_voice(name, 2) for name in ("debate", "same-sex")]
    camera = with_noise(np.concatenate([voices, *more]), -40)
    boom = soxr.resample(camera, 1e6, 1e6 * (1 - drift))[RATE:]
    found = place(camera, boom)
    assert found.drift == pytest.approx(drift, abs=3e-6)
    # The boom's first second was left out, which is a little more or less of the camera's.
    assert found.offset == pytest.approx(1 / (1 - drift), abs=1e-3)


@pytest.mark.parametrize("samples", [1, 100, 60 * RATE, 60 * RATE + 1, 60 * RATE + 159])
def test_a_sound_of_any_length_has_onsets(tmp_path, samples):
    soundfile.write(tmp_path / "a.wav", with_noise(np.ones(samples), 0), RATE)
    onsets = measure_onsets(SoundFileReader(tmp_path / "a.wav"))
    assert abs(onsets.shape[1] - samples / 160) <= 1
    assert np.isfinite(onsets).all()


def test_other_voices_have_no_place(place, voices):
    other = read_voice("same-sex", 2)
    with pytest.raises(NotClearError):
        place(voices[: 24 * RATE], other)


def test_noise_a_tone_and_silence_have_no_place(place, voices):
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(10 * RATE) / RATE)
    for sound in (with_noise(0 * tone + 1e-9, 0), tone, 0 * tone):
        with pytest.raises(NotClearError):
            place(voices, sound)
        with pytest.raises(NotClearError):
            place(sound, sound)


def test_what_comes_again_and_again_has_no_place(place, voices):
    music = np.tile(voices[: 3 * RATE], 8)
    with pytest.raises(NotClearError):
        place(music, voices[: 3 * RATE])


@pytest.mark.parametrize("pause", [0.05, 0.5, 6])
def test_a_recorder_that_was_stopped_midway_is_refused(place, voices, pause):
    again = round((20 + pause) * RATE)
    with pytest.raises(NotClearError):
        place(voices, np.concatenate([voices[: 20 * RATE], voices[again:]]))


@pytest.fixture
def scene(make_media, tmp_path, voices, monkeypatch):
    """A camera's video, and a boom in stereo at 48 kHz that began 0.75 s after it."""
    heard = voices[: 12 * RATE]
    camera = with_noise(in_room(heard, 1), -12)
    soundfile.write(tmp_path / "camera.wav", camera, RATE, "FLOAT")
    pictures = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=12")
    made = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", "-ar", "44100")
    video = make_media("camera.mov", *pictures, "-i", tmp_path / "camera.wav", *made)
    boom = soxr.resample(in_room(heard, 2, 0.01)[round(0.75 * RATE) :], RATE, 48_000)
    soundfile.write(tmp_path / "boom.wav", np.stack([boom, boom / 2], axis=1) / 2, 48_000, "FLOAT")
    torch.manual_seed(0)
    save_model(SeparationNetwork(TINY), tmp_path / "tiny.safetensors")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: see)
    return video


def split(*words):
    words = ["split", "--model", "tiny.safetensors", *map(str, words)]
    return CliRunner().invoke(app, words)


def read_sum(folder: Path) -> np.ndarray:
    parts = [path for path in folder.glob("*.wav") if ".16k." not in path.name]
    assert len(parts) == 2
    sounds = [soundfile.read(path, always_2d=True) for path in parts]
    assert all(rate == 48_000 for _, rate in sounds)
    return sum(sound for sound, _ in sounds)


def test_voices_and_rest_are_the_sound_of_the_file_in_step_with_the_video(scene):
    done = split(scene, "--sound", "boom.wav", "--video")
    assert done.exit_code == 0, done.output
    boom, _ = soundfile.read("boom.wav")
    got = read_sum(Path("voices/camera"))
    assert got.shape == (12 * 48_000, 2)
    start = round(0.75 * 48_000)
    late = np.abs(got).sum(1).nonzero()[0][0] - start
    assert abs(late) <= 0.001 * 48_000
    np.testing.assert_allclose(
        got[start + late : start + late + 400_000], boom[:400_000], atol=1e-5
    )
    assert "boom.wav holds sound from 0:00.8 to 0:12.0; the rest is silent" in done.stderr
    told = json.loads(Path("voices/camera/manifest.json").read_text())["sound"]
    assert (told["file"], told["drift"], told["found"]) == ("boom.wav", 0, True)
    assert told["offset"] == pytest.approx(0.75, abs=0.001)


def test_nothing_is_said_of_sounds_that_are_not_heard(scene):
    words = ("-map", "0", "-map", "0:a", "-c", "copy", "two.mov")
    run_tool([str(find_tool("ffmpeg")), "-loglevel", "error", "-i", str(scene), *words])
    done = split("two.mov", "--sound", "boom.wav", "--sound-offset", "0.75", "--mkv")
    assert done.exit_code == 0, done.output
    assert "heard together" not in done.stderr
    told = json.loads(Path("voices/two/manifest.json").read_text())
    assert told["source"]["audio_streams"] == []
    assert not any("stream" in warning for warning in told["warnings"])
    probed = probe(Path("voices/two/two.voices.mkv")).audio
    titles = [stream.label.title for stream in probed]
    cameras = [f"original sound, stream {number}" for number in (1, 2)]
    assert titles == [*cameras, "original sound, boom.wav", "speaker-1", "rest"]
    heard = read_audio(
        select(probe(Path("voices/two/two.voices.mkv")), Selection(probed[2:3], None))
    )
    boom, _ = soundfile.read("boom.wav")
    found = heard.samples.T[36_000:436_000]
    gain = (found * boom[:400_000]).sum() / np.square(boom[:400_000]).sum()
    np.testing.assert_allclose(found, gain * boom[:400_000], atol=1e-4)


def test_a_place_that_is_given_is_kept_to_the_sample(scene):
    done = split(scene, "--sound", "boom.wav", "--sound-offset", "-1.5")
    assert done.exit_code == 0, done.output
    boom, _ = soundfile.read("boom.wav")
    got = read_sum(Path("voices/camera"))
    np.testing.assert_allclose(got[:400_000], boom[72_000:472_000], atol=1e-5)
    assert not np.abs(got[len(boom) - 72_000 :]).any()


def test_a_range_holds_its_part_of_the_sound(scene):
    words = ("--sound", "boom.wav", "--sound-offset", "0.75", "--from", "2", "--to", "6")
    done = split(scene, *words)
    assert done.exit_code == 0, done.output
    boom, _ = soundfile.read("boom.wav")
    (folder,) = Path("voices").iterdir()
    got = read_sum(folder)
    assert len(got) == 4 * 48_000
    np.testing.assert_allclose(got, boom[60_000:252_000], atol=1e-5)


def test_sound_that_does_not_belong_is_refused_before_the_work(scene):
    soundfile.write("other.wav", read_voice("same-sex", 2), RATE)
    done = split(scene, "--sound", "other.wav")
    assert done.exit_code == 1
    assert "do not clearly hold the same sound" in done.stderr
    assert "--sound-offset" in done.stderr
    assert not Path("voices/camera").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--sound", "none.wav"), "none.wav"),
        (("--sound-offset", "1"), "--sound-offset places no sound"),
        (("--sound", "boom.wav", "--sound-offset", "100"), "lies outside of"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(scene, words, sentence):
    done = split(scene, *words)
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert "hint: " in done.stderr


def test_several_recordings_do_not_lie_at_one_place_of_a_sound(scene, clip):
    words = (scene, clip, "--sound", "boom.wav", "--dry-run")
    done = split(*words, "--sound-offset", "1")
    assert done.exit_code == 1
    assert "--sound-offset would put boom.wav at one place in" in done.stderr
    assert split(*words).exit_code == 0


def test_a_preview_is_made_of_the_sound_of_its_own(scene, silent_clip):
    words = ("--sound", "boom.wav", "--sound-offset", "0.25", "--preview")
    done = split(silent_clip, *words)
    assert done.exit_code == 0, done.output
    (folder,) = Path("voices").iterdir()
    boom, _ = soundfile.read("boom.wav")
    got = read_sum(folder)
    np.testing.assert_allclose(got[12_000:60_000], boom[:48_000], atol=1e-5)


def test_a_sample_is_heard_in_the_sound_of_its_own(scene, silent_clip):
    recording = open_own_sound(probe(silent_clip), "boom.wav", 0.25)
    recording = place_own_sound(recording, Path())
    boom, _ = soundfile.read("boom.wav", always_2d=True)
    found = read_sample("0:01-0:02", recording)
    expected = soxr.resample(boom.mean(1), 48_000, 16_000)[12_000:28_000]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_camera_without_sound_takes_a_place_that_is_given(scene, silent_clip):
    done = split(silent_clip, "--sound", "boom.wav")
    assert done.exit_code == 1
    assert "has no sound to find the place of boom.wav" in done.stderr
    done = split(silent_clip, "--sound", "boom.wav", "--sound-offset", "0.25", "--mkv", "--video")
    assert done.exit_code == 0, done.output
    boom, _ = soundfile.read("boom.wav")
    got = read_sum(Path("voices/silent"))
    np.testing.assert_allclose(got[12_000:96_000], boom[:84_000], atol=1e-5)


def test_a_sound_whose_clock_runs_apart_is_stretched_to_the_video(scene):
    boom, rate = soundfile.read("boom.wav")
    soundfile.write("fast.wav", soxr.resample(boom, 1e6, 1e6 * (1 - 4e-4)), rate, "FLOAT")
    done = split(scene, "--sound", "fast.wav")
    assert done.exit_code == 0, done.output
    assert "run apart by" in done.stderr
    got = read_sum(Path("voices/camera"))
    for second in (2, 6, 10):
        here = got[second * rate : (second + 1) * rate, 0]
        shifts = range(-96, 97)
        begin = round((second - 0.75) * rate)
        there = [boom[begin + shift : begin + shift + rate, 0] for shift in shifts]
        best = shifts[int(np.argmax([here @ sound for sound in there]))]
        assert abs(best) <= 0.001 * rate
