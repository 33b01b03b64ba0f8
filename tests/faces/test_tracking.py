from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avsep.faces.detectors import Face
from avsep.faces.tracking import Linker, TrackingConfig
from avsep.faces.tracks import Trail

FIVE = np.array([[-0.2, -0.2], [0.2, -0.2], [0, 0], [-0.15, 0.2], [0.15, 0.2]])


def face(x: float, y: float = 100, size: float = 60, score: float = 0.99) -> Face:
    """A face about x, y."""
    box = np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2], np.float32)
    return Face(box, (FIVE * size + (x, y)).astype(np.float32), score)


def alike(faces: list[Face]) -> np.ndarray:
    """Looks that tell nobody apart."""
    return np.ones((len(faces), 1), np.float32)


def follow(
    frames: list[list[Face]], config: TrackingConfig, looks: list[np.ndarray] | None = None
) -> list[Trail]:
    """Feed a linker every third frame, and collect everybody."""
    linker, trails = Linker(config), []
    for number, faces in enumerate(frames):
        known = alike(faces) if looks is None else looks[number]
        trails += linker.update(3 * number, 0, faces, known)
    return sorted(trails + linker.end_shot(), key=lambda trail: (trail.start, trail.rows[0][0]))


CONFIG = TrackingConfig()


def test_two_people_at_rest_are_two_trails() -> None:
    trails = follow([[face(100), face(300)], [face(301), face(99)]] * 5, CONFIG)
    assert [len(trail.rows) for trail in trails] == [28, 28]
    assert [round(float(trail.rows[-1][0])) for trail in trails] == [69, 271]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_the_order_of_faces_never_swaps_people(seed: int, people: int) -> None:
    random = np.random.default_rng(seed)
    frames = []
    for _ in range(8):
        faces = [face(100 * p + random.normal(0, 2)) for p in range(people)]
        frames.append([faces[i] for i in random.permutation(people)])
    trails = follow(frames, CONFIG)
    assert len(trails) == people
    for number, trail in enumerate(trails):
        assert all(abs(row[0] + 30 - 100 * number) < 20 for row in trail.rows)


@pytest.mark.parametrize("speed", [10, 20, 28])
def test_people_who_cross_keep_their_names(speed: float) -> None:
    frames = [[face(100 + speed * i, 100), face(800 - speed * i, 112)] for i in range(30)]
    first, second = follow(frames, CONFIG)
    assert first.rows[-1][1] == pytest.approx(70)
    assert second.rows[-1][1] == pytest.approx(82)
    assert first.rows[-1][0] > first.rows[0][0]


def test_looks_decide_where_places_do_not() -> None:
    one, two = np.eye(2, dtype=np.float32)
    frames = [[face(100), face(150)]] * 4 + [[face(125), face(126)]] + [[face(150), face(100)]]
    looks = [np.stack([one, two])] * 6
    first, second = follow(frames, CONFIG, looks)
    assert first.look @ one > 0.99
    assert second.look @ two > 0.99


def test_a_half_hidden_face_does_not_swap_people() -> None:
    one, two = np.eye(2, dtype=np.float32)
    blurred = np.array([0.8, 0.2], np.float32)
    there = [face(100 + 8 * i) for i in range(0, 36, 3)]
    back = [face(300 - 8 * i, score=0.54 if i < 24 else 0.99) for i in range(0, 36, 3)]
    hidden = range(3, 7)
    frames = [
        [a] if i in hidden else [a, b] for i, (a, b) in enumerate(zip(there, back, strict=True))
    ]
    looks = [
        one[None] if i in hidden else np.stack([one, blurred if i == 7 else two])
        for i in range(12)
    ]
    frames[0][1] = face(300)
    trails = follow(frames, CONFIG, looks)
    assert all(trail.look @ one > 0.9 for trail in trails if trail.rows[-1][0] > 300)


def test_a_short_absence_is_bridged_by_a_straight_line() -> None:
    (trail,) = follow([[face(100)], [], [face(112)], [face(112)]], CONFIG)
    assert [float(row[0]) for row in trail.rows[:7]] == pytest.approx([70, 72, 74, 76, 78, 80, 82])


def test_who_comes_back_after_a_while_has_the_same_number() -> None:
    trails = follow([[face(100)]] * 5 + [[]] * 10 + [[face(110)]] * 5, CONFIG)
    assert [trail.person for trail in trails] == [1, 1]
    assert trails[0].stop == 13


def test_somebody_else_at_the_same_place_is_somebody_else() -> None:
    one, two = np.eye(2, dtype=np.float32)
    frames = [[face(100)]] * 5 + [[]] * 3 + [[face(100)]] * 5
    looks = [one[None]] * 5 + [np.zeros((0, 2), np.float32)] * 3 + [two[None]] * 5
    assert [trail.person for trail in follow(frames, CONFIG, looks)] == [1, 2]


def test_nobody_is_two_people_at_once() -> None:
    trails = follow([[face(100)]] * 5 + [[]] * 10 + [[face(100), face(200)]] * 5, CONFIG)
    assert len({trail.person for trail in trails[1:]}) == 2


def test_an_unsure_face_begins_nothing_but_goes_on() -> None:
    unsure = [face(300, score=0.6)]
    assert follow([unsure] * 4, CONFIG) == []
    (trail,) = follow([[face(300)], *[unsure] * 4], CONFIG)
    assert trail.stop == 13


def test_a_face_of_another_size_is_another_person() -> None:
    assert len(follow([[face(100, size=40)]] * 3 + [[face(100, size=120)]] * 3, CONFIG)) == 2


def test_nobody_is_remembered_from_the_shot_before() -> None:
    linker = Linker(CONFIG)
    linker.update(0, 0, [face(100)], alike([face(100)]))
    linker.end_shot()
    linker.update(3, 1, [face(100)], alike([face(100)]))
    assert linker.trails[0].person == 2


def test_a_track_says_where_it_ends() -> None:
    (trail,) = follow([[face(100)]] * 3, CONFIG)
    track = trail.to_track()
    assert (track.start, track.stop, track.boxes.shape) == (0, 7, (7, 4))
    assert track.points.shape == (7, 5, 2)
