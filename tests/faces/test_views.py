"""People seen by several cameras."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.faces.people import LipClip, People
from avsep.faces.portraits import name_portrait
from avsep.faces.tracks import Track
from avsep.faces.views import View, join_views

SIZE = 4
RED, BLUE, GREEN = (200, 0, 0), (0, 0, 200), (0, 200, 0)


def embed(portraits):
    means = np.stack([portrait.reshape(-1, 3).mean(0) for portrait in portraits])
    return means / np.linalg.norm(means, axis=1, keepdims=True)


@pytest.fixture
def clip(tmp_path):
    """A mouth of one grey in some frames, of a face of this size and colour."""

    def make(person, span, *, grey, colour, tall=30.0):
        start, stop = span
        path = tmp_path / f"{person}-{start}-{grey}.mouth"
        np.full((stop - start, SIZE, SIZE), grey, np.uint8).tofile(path)
        np.full((160, 160, 3), colour, np.uint8).tofile(name_portrait(path))
        face = np.array([(-0.5, 0), (0.5, 0), (0, 0.5), (-0.4, 1), (0.4, 1)]) * tall
        points = np.tile(face.astype(np.float32), (stop - start, 1, 1))
        boxes = np.tile(np.array([0, 0, tall, tall], np.float32), (stop - start, 1))
        return LipClip(Track(person, start, boxes, points, 0), path, SIZE)

    return make


def people(*clips, frames=200):
    return People(clips, (), frames, ())


def test_a_person_is_known_in_the_other_camera_and_read_where_they_are_largest(clip):
    main = people(clip(1, (0, 200), grey=10, colour=RED))
    other = people(clip(1, (0, 100), grey=20, colour=RED, tall=60.0))
    joined = join_views(main, [View(other, 40)], embed)
    (person,) = joined.persons
    mouths, seen = person.read(0, 200)
    assert seen.all()
    assert (mouths[:40] == 10).all()
    assert (mouths[40:140] == 20).all()
    assert (mouths[140:] == 10).all()


def test_whom_only_the_other_camera_sees_is_counted_on(clip):
    main = people(clip(1, (0, 200), grey=10, colour=RED))
    other = people(
        clip(1, (0, 100), grey=20, colour=BLUE), clip(2, (0, 100), grey=30, colour=RED, tall=9.0)
    )
    joined = join_views(main, [View(other, -30)], embed)
    first, second = joined.persons
    assert (first.number, second.number) == (1, 2)
    assert (first.read(0, 200)[0] == 10).all()
    assert second.spans == ((0, 70),)
    assert (second.read(0, 70)[0] == 20).all()


def test_somebody_strange_does_not_make_two_of_one_who_is_known(clip):
    def embed(portraits):
        """The first two lie 0.04 and 0.2 from the third, 0.2 and 0.45 from the fourth."""
        known = np.linalg.cholesky(
            [[1, 0.8, 0.96, 0.8], [0.8, 1, 0.8, 0.55], [0.96, 0.8, 1, 0.75], [0.8, 0.55, 0.75, 1]]
        )
        return np.stack([known[int(portrait[0, 0, 0]) // 60] for portrait in portraits])

    colours = [(level, 0, 0) for level in (0, 60, 120, 180)]
    main = people(*(clip(n + 1, (0, 200), grey=n, colour=colours[n]) for n in range(2)))
    other = people(*(clip(n + 1, (0, 200), grey=9, colour=colours[n + 2]) for n in range(2)))
    joined = join_views(main, [View(other, 0)], embed)
    assert len(joined.persons) == 3


def test_three_cameras_make_one_of_three_views(clip):
    views = [
        View(people(clip(1, (0, 50), grey=grey, colour=RED)), start)
        for grey, start in ((20, 60), (30, 130))
    ]
    main = people(clip(1, (0, 60), grey=10, colour=RED))
    (person,) = join_views(main, views, embed).persons
    mouths, seen = person.read(0, 200)
    assert [int(mouths[frame].max()) for frame in (0, 59, 60, 109, 110, 130, 179, 180)] == [
        10, 10, 20, 20, 0, 30, 30, 0,
    ]  # fmt: skip
    assert seen.sum() == 160


def test_two_people_of_one_camera_are_never_one_in_the_other(clip):
    main = people(clip(1, (0, 200), grey=10, colour=RED))
    other = people(
        clip(1, (0, 100), grey=20, colour=RED), clip(2, (0, 100), grey=30, colour=(199, 2, 0))
    )
    assert len(join_views(main, [View(other, 0)], embed).persons) == 2


def test_a_view_of_less_than_half_a_second_is_not_worth_a_change(clip):
    main = people(clip(1, (0, 100), grey=10, colour=RED, tall=60.0))
    other = people(clip(1, (0, 108), grey=20, colour=RED))
    (person,) = join_views(main, [View(other, 0)], embed).persons
    assert person.spans == ((0, 100),)
