"""What the network hears of several channels: everybody, however the plugs are wired."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from avsep.media.downmix import choose_weights, is_tone
from avsep.media.sound import SoundFileReader

RATE = 16_000


@pytest.fixture
def weigh(tmp_path):
    """Weights of channels, and the one sound that is heard."""

    def choose(*channels):
        samples = np.stack(channels, axis=1).astype(np.float32)
        soundfile.write(tmp_path / "mixture.wav", samples, RATE, "FLOAT")
        sound = SoundFileReader(tmp_path / "mixture.wav")
        sound.weights = choose_weights(sound)
        return sound.weights, sound.read_mono(0, len(samples))

    return choose


def noise(seed, seconds=6, start=0.0, stop=1.0):
    """Noise that is heard in a part of the time only."""
    samples = np.random.default_rng(seed).normal(0, 0.1, seconds * RATE)
    samples[: round(start * len(samples))] = 0
    samples[round(stop * len(samples)) :] = 0
    return samples


def share(sound, of):
    """How much of a voice is in a sound: the factor of its best fit."""
    return abs(sound @ of / (of @ of))


@pytest.mark.parametrize("right", [1.0, 0.5, -0.3, 0.0])
def test_usual_stereo_is_heard_as_its_mean(weigh, right):
    weights, heard = weigh(noise(1), right * noise(1))
    assert weights is None
    np.testing.assert_allclose(heard, (1 + right) / 2 * noise(1), atol=1e-6)


@pytest.mark.parametrize("right", [-1.0, -0.8])
def test_a_channel_that_is_upside_down_is_turned(weigh, right):
    weights, heard = weigh(noise(1), right * noise(1))
    assert weights == pytest.approx([0.5, -0.5])
    assert share(heard, noise(1)) > 0.8


def test_only_one_of_two_people_upside_down_is_heard_too(weigh):
    first, second = noise(1, stop=0.5), noise(2, start=0.5)
    _, heard = weigh(first + second, first - second)
    assert min(share(heard, first), share(heard, second)) > 0.4


def test_people_at_microphones_of_their_own_are_all_heard(weigh):
    still = np.zeros(6 * RATE)
    weights, heard = weigh(noise(1, stop=0.5), noise(2, start=0.5), still, still)
    assert weights is None
    assert share(heard, noise(1, stop=0.5)) == pytest.approx(share(heard, noise(2, start=0.5)))


def test_a_channel_upside_down_among_many_is_turned(weigh):
    _, heard = weigh(noise(1), noise(1), -noise(1), -noise(1))
    assert share(heard, noise(1)) > 0.9


def test_a_tone_on_one_channel_is_not_heard(weigh):
    tone = 0.2 * np.sin(2 * np.pi * 1000 * np.arange(6 * RATE) / RATE)
    weights, heard = weigh(tone, noise(1))
    assert weights.tolist() == [0, 1]
    assert share(heard, noise(1)) == pytest.approx(1)


def test_silence_is_heard_as_silence(weigh):
    weights, _ = weigh(np.zeros(RATE), np.zeros(RATE))
    assert weights is None


def test_a_tone_that_is_broken_off_again_and_again_is_a_tone():
    time = np.arange(8 * RATE) / RATE
    assert is_tone((np.sin(2 * np.pi * 997 * time) * (time % 3 > 0.25)).astype(np.float32))


def test_a_chord_is_no_tone():
    time = np.arange(4 * RATE) / RATE
    voice = sum(np.sin(2 * np.pi * 120 * harmonic * time) / harmonic for harmonic in (1, 2, 3, 4))
    assert not is_tone(voice.astype(np.float32))
