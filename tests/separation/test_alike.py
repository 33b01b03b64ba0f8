"""Voices that are nearly the same."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from avsep.separation import alike
from avsep.separation.alike import find_alike, tell_alike


@pytest.fixture
def voice(tmp_path):
    def write(name, samples):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, samples, 16_000, "FLOAT")
        return path

    return write


def test_the_voice_of_one_person_twice_is_found_block_by_block(voice, monkeypatch):
    monkeypatch.setattr(alike, "BLOCK", 1000)
    one, two, bleed = 0.1 * np.random.default_rng(0).normal(size=(3, 16_000))
    voices = [voice("a", one), voice("b", two + 0.3 * one), voice("c", 0.2 * one + 0.1 * bleed)]
    assert find_alike([*voices, voice("d", -two)]) == [[0, 2]]
    assert find_alike([*voices, voice("e", two + 0.1 * bleed)]) == [[0, 2], [1, 3]]


def test_whoever_is_alike_is_named_in_a_sentence():
    two, three = tell_alike([("Ann", "Bob"), ("Ann", "Bob", "Cy")])
    assert two.startswith("Ann and Bob have nearly the same voice")
    assert three.startswith("Ann, Bob and Cy have nearly the same voice")


def test_what_leaks_from_one_voice_into_another_does_not_make_them_one(voice):
    one, two = 0.1 * np.random.default_rng(1).normal(size=(2, 16_000))
    assert find_alike([voice("a", one + 0.2 * two), voice("b", two + 0.2 * one)]) == []


def test_silence_is_like_nobody(voice):
    silence = np.zeros(16_000)
    assert find_alike([voice("a", silence), voice("b", silence)]) == []
    assert find_alike([voice("c", silence)]) == []
