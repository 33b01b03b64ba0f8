"""A voice goes on while its face is lost for a moment, and no longer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.separation.presence import LONGEST_GAP, mark_present
from avsep.timeline import find_spans

FRAMES = 300


def make_person(*spans: tuple[int, int], path: str = "") -> Person:
    def track(start: int, stop: int) -> Track:
        count = stop - start
        return Track(1, start, np.zeros((count, 4)), np.zeros((count, 5, 2)), 0)

    return Person(1, tuple(LipClip(track(*span), Path(path), 8) for span in spans))


@pytest.mark.parametrize(
    ("seen", "present"),
    [
        ([(100, 120), (120 + LONGEST_GAP, 200)], [(100, 200)]),
        ([(100, 120), (121 + LONGEST_GAP, 200)], [(100, 120), (121 + LONGEST_GAP, 200)]),
        ([(LONGEST_GAP, 100)], [(0, 100)]),
        ([(LONGEST_GAP + 1, 100)], [(LONGEST_GAP + 1, 100)]),
        ([(100, FRAMES - LONGEST_GAP)], [(100, FRAMES)]),
        ([(100, FRAMES - LONGEST_GAP - 1)], [(100, FRAMES - LONGEST_GAP - 1)]),
        ([(100, 110), (120, 130), (140, 150)], [(100, 150)]),
    ],
)
def test_gaps_are_bridged_up_to_a_second(seen, present):
    marks = mark_present(make_person(*seen), 0, FRAMES, FRAMES)
    assert list(find_spans(marks)) == present


def test_a_part_tells_what_the_whole_tells():
    person = make_person((20, 60), (80, 120), (170, 171), (195, 200), (290, 295))
    whole = mark_present(person, 0, FRAMES, FRAMES)
    for start in range(0, FRAMES, 7):
        part = mark_present(person, start, start + 7, FRAMES)
        np.testing.assert_array_equal(part[: FRAMES - start], whole[start : start + 7])


def test_a_face_that_is_now_another_persons_is_not_lost():
    one, other = make_person((0, 100), (110, 200), path="a"), make_person((100, 110), path="a")
    stranger = make_person((100, 110), path="b")
    assert mark_present(one, 0, 200, 200, [one, stranger]).all()
    marks = mark_present(one, 0, 200, 200, [one, other, stranger])
    assert list(find_spans(~marks)) == [(100, 110)]
