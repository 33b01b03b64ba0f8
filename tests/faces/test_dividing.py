"""Two people who were taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.divisions import Division, read_division
from avsep.errors import SettingError
from avsep.faces.dividing import divide
from avsep.faces.people import LipClip, People
from avsep.faces.tracks import Track

SIZE = 4


@pytest.fixture
def people(tmp_path):
    """Person 1 in frames 0 to 50 and 80 to 100, person 2 throughout; mouths are their frames."""

    def make(person, start, stop):
        path = tmp_path / f"{person}-{start}.mouth"
        numbers = np.arange(start, stop, dtype=np.uint8)[:, None, None]
        np.broadcast_to(numbers, (stop - start, SIZE, SIZE)).tofile(path)
        boxes = np.zeros((stop - start, 4), np.float32)
        points = np.zeros((stop - start, 5, 2), np.float32)
        return LipClip(Track(person, start, boxes, points, 0), path, SIZE)

    return People((make(1, 0, 50), make(2, 0, 100), make(1, 80, 100)), (), 100, ())


def spans_of(people):
    return {person.number: person.spans for person in people.persons}


def test_what_is_seen_in_between_is_somebody_else_with_the_next_number(people):
    divided = divide(people, Division(1, ("x",)), [(20, 30), (80, 100)])
    assert spans_of(divided) == {
        1: ((0, 20), (30, 50)),
        2: ((0, 100),),
        3: ((20, 30), (80, 100)),
    }
    for person in divided.persons:  # everybody keeps the mouths of their frames
        mouths, seen = person.read(0, 100)
        assert (mouths[seen, 0, 0] == np.arange(100)[seen]).all()
        assert not mouths[~seen].any()


def test_whom_one_division_makes_another_divides(people):
    once = divide(people, Division(2, ("x",)), [(50, 100)])
    twice = divide(once, Division(3, ("x",)), [(90, 100)])
    assert spans_of(twice)[3] == ((50, 90),)
    assert spans_of(twice)[4] == ((90, 100),)


@pytest.mark.parametrize(
    ("number", "spans", "said"),
    [
        (1, [(55, 70)], "nothing of speaker 1"),
        (1, [(0, 100)], "all of speaker 1"),
        (7, [(0, 10)], "no speaker 7 to divide: 2 were found"),
    ],
)
def test_nobody_is_left_with_nothing(people, number, spans, said):
    with pytest.raises(SettingError, match=said):
        divide(people, Division(number, ("x",)), spans)


@pytest.mark.parametrize("text", ["2", "0=1-2", "x=1-2", "2=", "2=5", "2=2-1", "2=1-2,", "-1=1-2"])
def test_what_means_nothing_is_refused(text):
    with pytest.raises(SettingError):
        read_division(text)
