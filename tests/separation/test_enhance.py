"""A whole recording through the network: pieces, channels, rates, people out of sight."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.media.sound import SoundFileReader
from avsep.model.config import BASE, TINY
from avsep.model.network import SeparationNetwork
from avsep.separation.enhance import enhance, fade, measure_gain


@pytest.fixture(scope="module")
def network() -> SeparationNetwork:
    torch.manual_seed(0)
    network = SeparationNetwork(TINY).eval()
    nn.init.normal_(network.phase.leave.weight, std=0.3)
    return network


def person(folder: Path, number: int, *spans: tuple[int, int]) -> Person:
    """Somebody whose mouth flickers at random in the given frames."""
    draw = np.random.default_rng(number)
    clips = []
    for start, stop in spans:
        path = folder / f"{number}-{start}.raw"
        draw.integers(0, 256, (stop - start, 20, 20), np.uint8).tofile(path)
        boxes, points = np.zeros((stop - start, 4)), np.zeros((stop - start, 5, 2))
        track = Track(number, start, boxes.astype("f4"), points.astype("f4"), 0)
        clips.append(LipClip(track, path, 20))
    return Person(number, tuple(clips))


def recording(folder: Path, rate: int, seconds: float, channels: int = 1) -> SoundFileReader:
    samples = np.random.default_rng(0).normal(0, 0.05, (math.ceil(rate * seconds), channels))
    soundfile.write(folder / "mixture.wav", samples, rate, "FLOAT")
    return SoundFileReader(folder / "mixture.wav")


def run(
    network: SeparationNetwork, sound: SoundFileReader, people: list, **settings
) -> np.ndarray:
    wanted = settings.pop("wanted", [True] * len(people))
    return np.concatenate(list(enhance(network, sound, people, wanted, **settings)), axis=2)


def test_pieces_together_are_the_whole(network, tmp_path):
    sound = recording(tmp_path, 16_000, 6.013)
    people = [person(tmp_path, 1, (0, 60), (75, 150)), person(tmp_path, 2, (30, 151))]
    whole = run(network, sound, people, chunk=1000)
    for chunk in (7, 25, 64):
        np.testing.assert_allclose(run(network, sound, people, chunk=chunk), whole, atol=2e-6)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_voice_has_the_sources_length_and_channels(network, tmp_path, rate, channels):
    sound = recording(tmp_path, rate, 1.337, channels)
    voices = run(network, sound, [person(tmp_path, 1, (0, 34))], chunk=10)
    assert voices.shape == (1, channels, sound.samples)
    assert np.abs(voices).max() > 1e-3


def test_a_person_out_of_sight_is_silent(network, tmp_path):
    sound = recording(tmp_path, 16_000, 4)
    voices = run(network, sound, [person(tmp_path, 1, (30, 60))])[0, 0]
    assert np.abs(voices[: 30 * 640]).max() == 0
    assert np.abs(voices[60 * 640 :]).max() == 0
    assert np.abs(voices[32 * 640 : 58 * 640]).max() > 1e-3


def test_a_voice_goes_on_while_its_face_is_lost_for_a_moment(network, tmp_path):
    sound = recording(tmp_path, 16_000, 4)
    lost = person(tmp_path, 1, (10, 40), (60, 100))
    voices = run(network, sound, [lost])[0, 0]
    assert np.abs(voices.reshape(-1, 640)).max(1).min() > 1e-4
    for chunk in (7, 25):
        np.testing.assert_allclose(
            run(network, sound, [lost], chunk=chunk)[0, 0], voices, atol=2e-6
        )


def test_only_clips_of_the_moment_are_opened(tmp_path):
    one = person(tmp_path, 1, (0, 20), (40, 60), (70, 80))
    whole, seen = one.read(0, 80)
    for away in (one.clips[0], one.clips[2]):
        away.path.unlink()
    mouths, there = one.read(35, 65)
    np.testing.assert_array_equal(mouths, whole[35:65])
    np.testing.assert_array_equal(there, seen[35:65])


def test_only_wanted_voices_are_given_and_unchanged_by_the_choice(network, tmp_path):
    sound = recording(tmp_path, 16_000, 2)
    people = [person(tmp_path, 1, (0, 50)), person(tmp_path, 2, (0, 50))]
    both = run(network, sound, people)
    second = run(network, sound, people, wanted=[False, True])
    np.testing.assert_allclose(second[0], both[1], atol=1e-6)


def test_a_louder_recording_gives_louder_voices(network, tmp_path):
    people = [person(tmp_path, 1, (0, 50))]
    soft = run(network, recording(tmp_path, 16_000, 2), people)
    samples, rate = soundfile.read(tmp_path / "mixture.wav")
    soundfile.write(tmp_path / "loud.wav", 8 * samples, rate, "FLOAT")
    loud = run(network, SoundFileReader(tmp_path / "loud.wav"), people)
    np.testing.assert_allclose(loud, 8 * soft, atol=1e-4)


def test_two_equal_channels_come_out_equal(network, tmp_path):
    samples = np.random.default_rng(0).normal(0, 0.05, (32_000, 1)).repeat(2, axis=1)
    soundfile.write(tmp_path / "stereo.wav", samples, 16_000, "FLOAT")
    voices = run(network, SoundFileReader(tmp_path / "stereo.wav"), [person(tmp_path, 1, (0, 50))])
    np.testing.assert_allclose(voices[0, 0], voices[0, 1], atol=1e-7)


def test_a_silent_recording_gives_silence(network, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(32_000), 16_000, "FLOAT")
    sound = SoundFileReader(tmp_path / "silence.wav")
    assert not run(network, sound, [person(tmp_path, 1, (0, 50))]).any()


def test_slopes_lie_inside_the_time_a_person_is_seen():
    seen = np.zeros(20, bool)
    seen[5:15] = True
    gain = fade(seen, 640)
    assert not gain[: 5 * 640].any()
    assert not gain[15 * 640 :].any()
    assert (gain[7 * 640 : 13 * 640] == 1).all()
    assert np.abs(np.diff(gain)).max() < 0.01


def test_the_gain_brings_speech_to_the_level_the_network_knows(tmp_path):
    samples = np.zeros(160_000)
    samples[40_000:80_000] = np.random.default_rng(0).normal(0, 0.3, 40_000)
    soundfile.write(tmp_path / "pause.wav", samples, 16_000, "FLOAT")
    gain = measure_gain(SoundFileReader(tmp_path / "pause.wav"))
    assert 20 * math.log10(0.3 * gain) == pytest.approx(-19, abs=0.5)


def test_the_gain_does_not_depend_on_how_short_a_recording_is(tmp_path):
    rng = np.random.default_rng(0)
    loudness = np.where(rng.random(50) < 0.4, 0.1, 1e-4).repeat(640)  # 2 s, mostly pauses
    once = loudness * rng.normal(size=len(loudness))
    gains = []
    for times in (1, 40):
        soundfile.write(tmp_path / "sound.wav", np.tile(once, times), 16_000, "FLOAT")
        gains.append(20 * math.log10(measure_gain(SoundFileReader(tmp_path / "sound.wav"))))
    assert gains[0] == pytest.approx(gains[1], abs=0.1)


def test_the_base_network_fits_its_disk_budget():
    assert 2 * sum(weight.numel() for weight in SeparationNetwork(BASE).parameters()) < 25e6
