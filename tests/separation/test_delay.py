"""Delay of the sound against the lips."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.media.sound import SoundFileReader
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.separation.delay import REACH, WINDOW, WINDOWS, choose_windows, find_delay, judge, shift

RATE = 48_000


def make_person(folder, frames, start=0, number=1, values=None):
    """Somebody whose mouth is as bright as ``values``."""
    path = folder / f"{number}-{start}.raw"
    values = np.zeros(frames) if values is None else values
    np.repeat(values[:, None], 20 * 20, 1).astype(np.uint8).tofile(path)
    rows = np.zeros((frames, 4), np.float32)
    track = Track(number, start, rows, np.zeros((frames, 5, 2), np.float32), 0)
    return Person(number, (LipClip(track, path, 20),))


class BrightMouths(torch.nn.Module):
    """Lips that say how bright the mouth is, in every band."""

    def forward(self, mouths):
        return None, mouths.mean((-2, -1))[:, None].expand(-1, 10, -1) * 3


@pytest.fixture
def network():
    made = SeparationNetwork(TINY).eval()
    made.lips = BrightMouths()
    return made


@pytest.fixture
def loudness():
    return np.random.default_rng(0).uniform(0, 1, 400)


def write_sound(path, loudness, late):
    """Noise as loud as that, so many frames late."""
    time = np.arange(len(loudness) * RATE // 25) / (RATE / 25)
    level = np.interp(time - late, np.arange(len(loudness)), 10 ** (1.5 * loudness - 3))
    noise = np.random.default_rng(1).normal(0, 1, len(level)) * level
    soundfile.write(path, noise.astype(np.float32), RATE, "FLOAT")
    return SoundFileReader(path)


@pytest.mark.parametrize("late", [-12, -1, 0, 3, 14])
def test_a_late_sound_is_found_at_any_rate(tmp_path, network, loudness, late):
    people = [make_person(tmp_path, 400, values=loudness * 255)]
    sound = write_sound(tmp_path / "s.wav", loudness, late + 0.5)
    found = find_delay(network, sound, people)
    assert found.frames == late
    assert found.seconds == late / 25
    assert found.margin > 0.3


def test_lips_that_fit_nowhere_change_nothing(tmp_path, network, loudness):
    people = [make_person(tmp_path, 400, values=np.random.default_rng(5).uniform(0, 255, 400))]
    found = find_delay(network, write_sound(tmp_path / "s.wav", loudness, 5), people)
    assert found.frames == 0


def test_who_is_seen_too_shortly_is_not_asked(tmp_path, network, loudness):
    people = [make_person(tmp_path, WINDOW - 1)]
    found = find_delay(network, write_sound(tmp_path / "s.wav", loudness, 5), people)
    assert (found.frames, found.margin) == (0, 0)


def test_a_long_recording_costs_no_more(tmp_path):
    people = [make_person(tmp_path, 9000), make_person(tmp_path, 9000, start=500, number=2)]
    windows = choose_windows(people)
    assert len(windows) <= WINDOWS
    assert {clip.track.person for clip, _ in windows} == {1, 2}


def test_an_unclear_peak_is_no_delay():
    scores = np.zeros(2 * REACH + 1)
    scores[REACH + 4] = 0.05
    assert judge(scores).frames == 0
    scores[REACH + 4] = 0.2
    assert judge(scores).frames == 4


def test_people_are_seen_so_much_later(tmp_path):
    values = np.arange(1, 11)
    (later,) = shift([make_person(tmp_path, 10, start=5, values=values)], -7)
    mouths, seen = later.read(0, 10)
    assert mouths[:, 0, 0].tolist() == [3, 4, 5, 6, 7, 8, 9, 10, 0, 0]
    assert seen.tolist() == [True] * 8 + [False] * 2
