"""Looks at a face are few, good, and from all of the time it is seen."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.faces.portraits import MOST, PORTRAIT_SIZE, Album, read_portrait


def fill(qualities: list[float]) -> Album:
    """An album after so many looks; each portrait is of one colour, its number."""
    album = Album()
    for number, quality in enumerate(qualities):
        album.add(np.full((PORTRAIT_SIZE, PORTRAIT_SIZE, 3), number, np.uint8), quality)
    return album


def kept(album: Album) -> list[int]:
    return [int(portrait[0, 0, 0]) for portrait in album.portraits]


def test_a_few_looks_are_all_kept():
    assert kept(fill([0.3, 0.9, 0.1])) == [0, 1, 2]


@pytest.mark.parametrize("looks", [5, 16, 37, 200])
def test_however_many_looks_come_few_are_kept_from_all_of_the_time(looks):
    numbers = kept(fill([1.0] * looks))
    assert MOST // 2 < len(numbers) <= MOST
    assert numbers == sorted(numbers)
    assert numbers[0] < looks / MOST
    assert numbers[-1] > looks / 2


def test_the_best_of_each_stretch_is_kept():
    # Stretches of four looks each.
    qualities = [0.1, 0.5, 0.2, 0.1, 0.1, 0.1, 0.1, 0.9, 0.3, 0.2, 0.1, 0.1, 0.2]
    assert kept(fill(qualities)) == [1, 7, 8, 12]
    assert fill(qualities).best[0, 0, 0] == 7


def test_in_the_end_the_best_look_alone_is_kept_in_a_file(tmp_path):
    album = fill([0.1, 0.9, 0.2])
    album.put_away(tmp_path / "face.portrait")
    assert (read_portrait(tmp_path / "face.portrait") == 1).all()
    assert not album.portraits


def test_nobody_has_a_blank_portrait():
    assert not Album().best.any()
