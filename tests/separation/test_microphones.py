"""Microphones of people's own, a channel each."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from avsep.separation.microphones import find_microphones, tell_microphones


@pytest.fixture
def write(tmp_path):
    """Voices as files, one for each row: how loud they are in each channel."""

    def make(levels):
        paths = [tmp_path / f"{number}.wav" for number in range(len(levels))]
        for number, (path, row) in enumerate(zip(paths, levels, strict=True)):
            noise = np.random.default_rng(number).normal(0, 0.05, (16_000, 1))
            soundfile.write(path, noise * row, 16_000, "FLOAT")
        return paths

    return make


def test_a_channel_in_which_others_are_faint_is_somebodys_own(write):
    assert find_microphones(write([[0.1, 1.0], [1.0, 0.2]])) == {0: 1, 1: 0}
    three = [[1.0, 0.1, 0.1, 0.4], [0.1, 0.1, 1.0, 0.4], [0.1, 1.0, 0.1, 0.4]]
    assert find_microphones(write(three)) == {0: 0, 1: 2, 2: 1}


@pytest.mark.parametrize(
    "levels",
    [
        [[1.0], [1.0]],
        [[1.0, 0.9], [0.9, 1.0]],
        [[1.0, 0.5], [0.5, 1.0]],  # to the left and to the right in stereo
        [[1.0, 1.0], [0.1, 0.1]],  # who hardly speaks is faint everywhere
        [[1.0, 0.9]],
        [[0.0, 0.0], [0.0, 0.0]],
    ],
)
def test_stereo_and_people_who_say_little_are_none(write, levels):
    assert find_microphones(write(levels)) == {}


def test_channels_are_counted_from_one():
    assert tell_microphones({}) == []
    (two,) = tell_microphones({"Ann": 1, "Ben": 0})
    assert two.startswith("Ann is nearly alone in channel 2 and Ben in channel 1: ")
    (three,) = tell_microphones({"Ann": 0, "Ben": 1, "Cy": 2})
    assert "Ann is nearly alone in channel 1, Ben in channel 2 and Cy in channel 3: " in three
