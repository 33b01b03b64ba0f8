"""Numbers that are given while a recording goes on stay with their people."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.faces.cast import KEPT, Cast
from avsep.faces.tracks import Trail


def trail(person, *, shot=0, start=0, x=100.0, frames=30):
    row = np.array([x, 50, x + 40, 100, *[x] * 10], np.float32)
    return Trail(person, shot, start, [row] * frames, [0.99] * frames, np.ones(1, np.float32))


def face(*numbers):
    vector = np.array([*numbers, 0, 0, 0][:3], np.float32)
    return vector / np.linalg.norm(vector)


ANNA, BEN = face(1, 0, 0), face(0, 1, 0)
NEARLY_ANNA = face(1, 0.2, 0)  # 0.02 from her, where 0.05 is allowed


@pytest.fixture
def cast():
    cast = Cast()
    assert cast.know(trail(1), ANNA, []) == 1
    assert cast.know(trail(2, x=400), BEN, [1]) == 2
    return cast


def test_whoever_comes_back_in_another_shot_is_known_by_the_face(cast):
    assert cast.know(trail(3, shot=1, start=100, x=700), BEN, []) == 2
    assert cast.know(trail(4, shot=1, start=100, x=100), NEARLY_ANNA, [2]) == 1


def test_a_stranger_in_somebody_s_seat_is_somebody_new(cast):
    assert cast.know(trail(3, shot=1, start=100), face(0, 0, 1), []) == 3
    assert cast.know(trail(1, start=40), face(0, 1, 2), [2]) == 4  # in the same shot, too


def test_two_who_are_seen_at_once_are_never_one(cast):
    assert cast.know(trail(3, shot=1, start=100), ANNA, []) == 1
    assert cast.know(trail(4, shot=1, start=100, x=300), NEARLY_ANNA, [1]) == 3


def test_without_descriptions_the_seat_within_a_shot_tells():
    cast = Cast()
    assert cast.know(trail(1), None, []) == 1
    assert cast.know(trail(2, start=40), None, []) == 1
    assert cast.know(trail(3, start=200, x=400), None, []) == 2


def test_of_a_face_seen_often_few_descriptions_are_kept_with_the_first_among_them(cast):
    for _ in range(3 * KEPT):
        cast.learn(1, NEARLY_ANNA)
    assert len(cast.people[0].faces) == KEPT
    assert (cast.people[0].faces[0] == ANNA).all()
