"""Shots that become one another by and by, on frames of coloured blocks."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.arrays import Image
from avsep.faces.shots import mark_cuts
from avsep.faces.transitions import TransitionFinder
from picture_set import as_picture

HEIGHT, WIDTH = 120, 160


def scene(seed: int, number: int, move: float = 0.0) -> np.ndarray:
    """One frame of a scene that trembles; it may move to the right."""
    random = np.random.default_rng(seed)
    blocks = random.integers(20, 235, (6, 16, 3)).repeat(20, axis=0).repeat(20, axis=1)
    left = round(move)
    trembling = np.random.default_rng(1000 * seed + number).integers(-1, 2)
    return (blocks[:, left : left + WIDTH] + trembling).clip(0, 255).astype(float)


def become(how: str, frames: int, before: int = 40, after: int = 40) -> list[Image]:
    """Two scenes, the first becoming the second in so many frames."""
    images = []
    for number in range(before + frames + after):
        share = float(np.clip((number - before + 1) / (frames + 1), 0, 1))
        old, new = scene(1, number), scene(2, number)
        if how == "dissolve":
            image = (1 - share) * old + share * new
        elif how == "wipe":
            image = np.where(np.arange(WIDTH)[:, None] < share * WIDTH, new, old)
        else:
            dark = max(0.0, 1 - 2 * share) * old + max(0.0, 2 * share - 1) * new
            image = dark if how == "black" else dark + 255 * (1 - abs(2 * share - 1))
        images.append(image.clip(0, 255).astype(np.uint8))
    return images


def find_cuts(images: list[Image]) -> list[int]:
    marked = enumerate(mark_cuts(map(as_picture, images)))
    return [number for number, (_, cut) in marked if cut][1:]


@pytest.mark.parametrize("how", ["dissolve", "wipe"])
@pytest.mark.parametrize("frames", [8, 12, 25, 50])
def test_a_gradual_transition_is_found_once_near_its_end(how, frames):
    (cut,) = find_cuts(become(how, frames))
    assert 40 + frames / 2 < cut <= 40 + frames + 8


@pytest.mark.parametrize("how", ["black", "white"])
@pytest.mark.parametrize("frames", [20, 50])
def test_a_fade_through_one_colour_is_found(how, frames):
    cuts = find_cuts(become(how, frames))
    assert 1 <= len(cuts) <= 2
    assert all(40 < cut <= 40 + frames + 8 for cut in cuts)


def test_light_that_is_turned_up_ends_no_shot():
    levels = np.clip((np.arange(100) - 40) / 25, 0, 1) * 0.5 + 0.5
    images = [(scene(1, n) * level).astype(np.uint8) for n, level in enumerate(levels)]
    assert find_cuts(images) == []


def test_a_camera_that_turns_ends_no_shot():
    moves = np.clip((np.arange(110) - 40) / 30, 0, 1) * 150
    images = [scene(1, n, move).astype(np.uint8) for n, move in enumerate(moves)]
    assert find_cuts(images) == []


def test_out_of_black_no_second_shot_fades_in():
    levels = np.clip((np.arange(90) - 10) / 25, 0, 1)
    finder = TransitionFinder()
    images = [(scene(1, n) * level).astype(np.uint8) for n, level in enumerate(levels)]
    assert {finder.take(image) for image in images} == {0}
