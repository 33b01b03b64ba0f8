from __future__ import annotations

import numpy as np
import pytest

from avsep.arrays import Image
from avsep.faces.shots import mark_cuts
from picture_set import as_picture


def scene(seed: int, frames: int) -> list[Image]:
    """Blocks of colour that shiver a little, other ones for every seed."""
    random = np.random.default_rng(seed)
    blocks = random.integers(20, 235, (6, 8, 3)).repeat(20, axis=0).repeat(20, axis=1)
    return [(blocks + random.integers(-3, 4)).astype(np.uint8) for _ in range(frames)]


def places(images: list[Image]) -> list[int]:
    return [number for number, (_, cut) in enumerate(mark_cuts(map(as_picture, images))) if cut]


def test_every_shot_begins_with_a_mark() -> None:
    assert places(scene(1, 20) + scene(2, 25) + scene(3, 15)) == [0, 20, 45]


def test_one_shot_has_one_mark() -> None:
    assert places(scene(1, 30)) == [0]


def test_a_flash_of_two_pictures_ends_no_shot_twice() -> None:
    assert len(places(scene(1, 20) + scene(2, 2) + scene(1, 20))) <= 2


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 10])
def test_all_pictures_come_out_in_order(frames: int) -> None:
    pictures = [as_picture(image) for image in scene(1, frames)]
    assert [id(picture) for picture, _ in mark_cuts(pictures)] == list(map(id, pictures))


def test_pictures_flow_through_without_being_hoarded() -> None:
    taken = 0

    def count() -> object:
        nonlocal taken
        for image in scene(1, 30):
            taken += 1
            yield as_picture(image)

    marked = mark_cuts(count())
    next(marked)
    assert taken <= 5


def test_black_pictures_have_no_cuts() -> None:
    assert places([np.zeros((90, 160, 3), np.uint8)] * 20) == [0]
