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
from avsep.model.cues import SLOPE
from avsep.model.network import SeparationNetwork
from avsep.separation.delay import (
    BETTER,
    CLEAR,
    REACH,
    WINDOW,
    WINDOWS,
    Delay,
    choose_windows,
    find_delay,
    judge,
    shift,
)

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


def test_lips_that_fit_nowhere_change_little(tmp_path, network, loudness):
    people = [make_person(tmp_path, 400, values=np.random.default_rng(5).uniform(0, 255, 400))]
    found = find_delay(network, write_sound(tmp_path / "s.wav", loudness, 5), people)
    assert abs(found.frames) <= SLOPE


def test_who_is_seen_too_shortly_is_not_asked(tmp_path, network, loudness):
    people = [make_person(tmp_path, WINDOW - 1)]
    found = find_delay(network, write_sound(tmp_path / "s.wav", loudness, 5), people)
    assert (found.frames, found.margin) == (0, 0)


def test_in_a_long_recording_those_are_asked_whose_mouths_move_most(tmp_path):
    talking = np.random.default_rng(2).uniform(0, 255, 9000) * (np.arange(9000) // 2000 == 2)
    windows = choose_windows(make_person(tmp_path, 9000, values=talking))
    assert len(windows) == WINDOWS
    starts = [start for _, start in windows]
    assert starts == sorted(starts)
    assert sum(4000 - WINDOW < start < 6000 for start in starts) >= WINDOWS - 1


def test_whoever_is_out_of_step_alone_is_moved_alone(tmp_path, network, loudness):
    other = np.random.default_rng(3).uniform(0, 1, 400)
    people = [
        make_person(tmp_path, 400, number=1, values=loudness * 255),
        make_person(tmp_path, 400, number=2, values=np.roll(other, -8) * 255),
    ]
    found = find_delay(
        network, write_sound(tmp_path / "s.wav", np.maximum(loudness, other), 0.5), people
    )
    assert (found.frames, found.own) == (0, {2: 8})
    one, two = shift(people, found, later=3)
    assert (one.clips[0].track.start, two.clips[0].track.start) == (3, 11)


def peak(*places: tuple[int, float]) -> list[np.ndarray]:
    """One window's scores: zero but at some lags."""
    scores = np.zeros(2 * REACH + 1)
    for lag, score in places:
        scores[REACH + lag] = score
    return [scores]


@pytest.mark.parametrize(
    ("places", "lag"),
    [
        ([(9, CLEAR + 0.01)], 9),
        ([(9, CLEAR - 0.01)], 0),
        ([(9, CLEAR - 0.01), (2, BETTER + 0.01)], 2),  # near 0, where less is asked
        ([(9, CLEAR - 0.01), (2, BETTER - 0.01)], 0),
        ([(1, 0.5), (0, 0.5 - BETTER + 0.01)], 0),
        ([(1, 0.5), (0, 0.5 - BETTER - 0.01)], 1),
    ],
)
def test_a_lag_is_believed_where_it_is_clear_or_near(places, lag):
    assert judge({1: peak(*places)}).frames == lag


def test_the_more_is_compared_the_less_is_asked():
    place = (9, CLEAR / 2 + 0.01)
    assert judge({1: peak(place) * 3}).frames == 0
    assert judge({1: peak(place) * 4}).frames == 9


def test_whose_own_lips_say_nothing_goes_with_what_holds_for_most():
    found = judge({1: peak((5, 0.5)), 2: peak((5, 0.5)), 3: [], 4: peak((5, 0.03))})
    assert (found.frames, found.own, found.of(3), found.of(4)) == (5, {}, 5, 5)


def test_one_who_is_clearly_late_moves_nobody_else():
    found = judge({1: peak((0, 0.1)), 2: peak((-10, 0.9))})
    assert (found.frames, found.own) == (0, {2: -10})
    assert sorted(found.all) == [-10, 0]
    assert (found.of(1), found.of(2)) == (0, -10)


def test_people_are_seen_so_much_later(tmp_path):
    values = np.arange(1, 11)
    (later,) = shift([make_person(tmp_path, 10, start=5, values=values)], Delay(-7))
    mouths, seen = later.read(0, 10)
    assert mouths[:, 0, 0].tolist() == [3, 4, 5, 6, 7, 8, 9, 10, 0, 0]
    assert seen.tolist() == [True] * 8 + [False] * 2
