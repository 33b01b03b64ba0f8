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
from avsep.separation.comparison import REACH, WINDOW
from avsep.separation.delay import (
    AGREED,
    BETTER,
    CLEAR,
    FEW,
    Delay,
    Step,
    find_delay,
    judge,
    shift,
    trace,
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

    def encoder(self, mouths):
        return mouths

    def interpret(self, mouths):
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


def test_whoever_is_out_of_step_alone_is_moved_alone(tmp_path, network, loudness):
    other = np.random.default_rng(3).uniform(0, 1, 400)
    people = [
        make_person(tmp_path, 400, number=1, values=loudness * 255),
        make_person(tmp_path, 400, number=2, values=np.roll(other, -8) * 255),
    ]
    found = find_delay(
        network, write_sound(tmp_path / "s.wav", np.maximum(loudness, other), 0.5), people
    )
    assert (found.frames, found.own) == (0, {2: (Step(0, 8),)})
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
    assert (found.frames, found.own) == (5, {})
    assert found.of(3) == found.of(4) == (Step(0, 5),)


def test_one_who_is_clearly_late_moves_nobody_else():
    found = judge({1: peak((0, 0.1)), 2: peak((-10, 0.9))})
    assert (found.frames, found.own) == (0, {2: (Step(0, -10),)})
    assert sorted(found.all) == [-10, 0]
    assert (found.of(1), found.of(2)) == ((Step(0, 0),), (Step(0, -10),))


def test_people_are_seen_so_much_later(tmp_path):
    values = np.arange(1, 11)
    (later,) = shift([make_person(tmp_path, 10, start=5, values=values)], Delay(-7))
    mouths, seen = later.read(0, 10)
    assert mouths[:, 0, 0].tolist() == [3, 4, 5, 6, 7, 8, 9, 10, 0, 0]
    assert seen.tolist() == [True] * 8 + [False] * 2


def score(*lags: int, height: float = 0.3) -> dict[int, np.ndarray]:
    """Scores of windows one after the other, each with its peak."""
    return {number * WINDOW: peak((lag, height))[0] for number, lag in enumerate(lags)}


@pytest.mark.parametrize(
    ("lags", "steps"),
    [
        ([4, 4, 4], [(0, 4)]),
        ([4, 4, -9, 4, 4], [(0, 4)]),  # one window is no proof
        ([4, 4, 4, 12, 12, 12], [(0, 4), (3 * WINDOW, 12)]),
        ([12, 12, 12, 4, 4, 4, 4], [(0, 12), (3 * WINDOW, 4)]),
        ([4] * 2 + [6] * 2, [(0, 4), (2 * WINDOW, 6)]),  # of few frames two are
        ([4] * 2 + [4 + FEW + 1] * 2, [(0, 4)]),
        ([0, 0, 1, 1, 2, 2, 3, 3], [(0, 0), (2 * WINDOW, 1), (4 * WINDOW, 2), (6 * WINDOW, 3)]),
        ([12] * 3 + [4] * 3 + [12] * 3, [(0, 12)]),  # there and back costs twice
    ],
)
def test_a_change_is_believed_where_enough_speaks_for_it(lags, steps):
    assert trace(score(*lags), max(lags, key=lags.count)) == tuple(Step(*step) for step in steps)


def test_without_a_change_nothing_else_is_believed():
    assert trace(score(*[9] * 9), 0) == (Step(0, 0),)
    assert trace({}, 3) == (Step(0, 3),)


def test_what_a_mouth_says_by_chance_is_no_change():
    scores = np.random.default_rng(4).normal(0, 0.07, (24, 2 * REACH + 1))
    assert trace({number * WINDOW: row for number, row in enumerate(scores)}, 0) == (Step(0, 0),)


@pytest.mark.parametrize(("height", "count"), [(AGREED + 0.02, 2), (AGREED - 0.02, 1)])
def test_lips_that_hardly_agree_change_nothing(height, count):
    assert len(trace(score(*[0] * 12, *[9] * 12, height=height), 0)) == count


def test_a_sound_that_comes_later_from_some_moment_on_is_found(tmp_path, network):
    loudness = np.random.default_rng(6).uniform(0, 1, 3000)
    seen = np.concatenate([loudness[:1400], loudness[1407:]])  # as where frames were dropped
    people = [make_person(tmp_path, len(seen), values=seen * 255)]
    found = find_delay(network, write_sound(tmp_path / "s.wav", loudness, 0.5), people)
    first, second = found.own[1] if found.own else found.of(1)
    assert (first, second.frames) == (Step(0, 0), 7)
    assert abs(second.start - 1400) < WINDOW / 2
    (moved,) = shift(people, found)
    mouths, there = moved.read(0, 3000)
    assert there.all()
    wrong = np.flatnonzero(mouths[:, 0, 0] != (loudness * 255).astype(np.uint8))
    assert np.abs(wrong - 1400).max() < WINDOW / 2 + 7


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([(0, 1), (4, 3)], [0, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8]),  # two are shown twice
        ([(0, 3), (4, 1)], [0, 0, 0, 1, 2, 3, 4, 7, 8, 0, 0]),  # two are left out
        ([(0, 1), (50, 3)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0]),
        ([(-50, 3), (-20, 1)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0]),
    ],
)
def test_where_the_delay_changes_a_mouth_is_seen_all_along(tmp_path, steps, shown):
    people = [make_person(tmp_path, 8, values=np.arange(1, 9))]
    (moved,) = shift(people, Delay(own={1: tuple(Step(*step) for step in steps)}))
    mouths, seen = moved.read(0, 11)
    assert mouths[:, 0, 0].tolist() == shown
    assert seen.tolist() == [value > 0 for value in shown]


def test_between_distant_windows_a_change_is_looked_for_closely(tmp_path, network, monkeypatch):
    change, compared = 61_234, []

    def compare(network, sound, clip, start):
        compared.append(start)
        return peak((0 if start + WINDOW / 2 < change else 9, 0.4))[0]

    monkeypatch.setattr("avsep.separation.delay.compare", compare)
    rows = np.zeros((100_000, 4)), np.zeros((100_000, 5, 2))
    clip = LipClip(Track(1, 0, *rows, 0), tmp_path / "mouths", 20)
    clip.path.write_bytes(bytes(100_000 * 20 * 20))
    found = find_delay(network, None, [Person(1, (clip,))])
    first, second = found.own[1]
    assert {first.frames, second.frames} == {0, 9}
    assert abs(second.start - change) < WINDOW
    assert len(compared) < 120
