"""One person who is shown twice at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from avsep.faces.copies import compare, join_copies
from avsep.faces.faults import Fault
from avsep.faces.people import Dropped, LipClip
from avsep.faces.tracks import Track

SIZE, FRAMES = 40, 200
FACE, OTHER = np.eye(2, dtype=np.float32)


def talk(seed: int, start: int = 0, stop: int = FRAMES) -> np.ndarray:
    """A mouth that says something, (stop - start, SIZE, SIZE)."""
    rng = np.random.default_rng(seed)
    shape = gaussian_filter(rng.normal(size=(2, SIZE, SIZE)), (0, 5, 5))
    said = gaussian_filter(rng.normal(size=(FRAMES + 100, 2)), (2, 0))
    moved = np.einsum("tk,khw->thw", said / said.std(), shape / shape.std())
    return np.clip(128 + 20 * moved, 0, 255)[start + 50 : stop + 50]


def on_a_screen(mouths: np.ndarray) -> np.ndarray:
    """The same, filmed from a screen: darker, paler, noisy."""
    noise = np.random.default_rng(9).normal(size=mouths.shape)
    return 0.4 * mouths + 20 + 5 * noise


@pytest.fixture
def clip(tmp_path):
    """The mouth of a person in some frames, of a face so tall."""

    def make(person, mouths, *, start=0, tall=30.0):
        path = tmp_path / f"{person}-{start}.mouth"
        mouths.astype(np.uint8).tofile(path)
        face = np.array([(-0.5, 0), (0.5, 0), (0, 0.5), (-0.4, 1), (0.4, 1)]) * tall
        points = np.tile(face.astype(np.float32), (len(mouths), 1, 1))
        boxes = np.tile(np.array([0, 0, tall, tall], np.float32), (len(mouths), 1))
        return LipClip(Track(person, start, boxes, points, 0), path, SIZE)

    return make


def test_a_mouth_on_a_late_screen_is_known_with_its_lag():
    late = on_a_screen(talk(1, -10, FRAMES - 10)).astype(np.uint8)
    likeness = compare([(late, talk(1).astype(np.uint8))])
    assert likeness.degree > 0.6
    assert likeness.lag == 10
    assert compare([(late, talk(2).astype(np.uint8))]).degree < 0.3


def test_light_that_changes_on_two_mouths_is_no_movement_of_theirs():
    light = np.random.default_rng(3).uniform(-60, 60, (FRAMES, 1, 1))
    mouths = [np.clip(talk(seed) + light, 0, 255).astype(np.uint8) for seed in (1, 2)]
    assert compare([(mouths[0], mouths[1])]).degree < 0.3


def test_whoever_is_shown_twice_is_one_person_of_the_larger_picture(clip):
    clips = [
        clip(1, on_a_screen(talk(1)), tall=15.0),
        clip(2, talk(1)),
        clip(3, talk(2)),
    ]
    left_out = Dropped(clips[2].track, Fault("too small"))
    kept, dropped = join_copies(clips, [left_out], {1: FACE, 2: FACE, 3: OTHER})
    assert [(each.track.person, each.path) for each in kept] == [
        (1, clips[1].path),
        (2, clips[2].path),
    ]
    first, copy = dropped
    assert first.track.person == 2
    assert copy.reason == "shown a second time: speaker-1"
    assert (copy.track.person, copy.track.span) == (1, (0, FRAMES))


def test_a_screen_is_looked_at_while_nothing_else_shows_the_person(clip):
    clips = [clip(1, talk(1, 0, 120)), clip(2, on_a_screen(talk(1)), tall=15.0)]
    kept, dropped = join_copies(clips, [], {1: FACE, 2: FACE})
    assert [(each.track.person, each.track.span) for each in kept] == [
        (1, (0, 120)),
        (1, (120, FRAMES)),
    ]
    assert (kept[1].read(0, FRAMES)[150] == clips[1].read(0, FRAMES)[150]).all()
    assert [each.track.span for each in dropped] == [(0, 120)]


def test_of_a_late_picture_and_an_earlier_one_the_earlier_counts(clip):
    wall = clip(1, talk(1, -8, FRAMES - 8), tall=90.0)
    person = clip(2, talk(1))
    kept, _ = join_copies([wall, person], [], {1: FACE, 2: FACE})
    assert [each.path for each in kept] == [person.path]


def test_three_pictures_of_somebody_are_one_person(clip):
    clips = [
        clip(1, talk(1)),
        clip(2, on_a_screen(talk(1)), tall=15.0),
        clip(3, on_a_screen(talk(1)), tall=20.0),
    ]
    kept, dropped = join_copies(clips, [], {1: FACE, 2: FACE, 3: FACE})
    assert [each.path for each in kept] == [clips[0].path]
    assert len(dropped) == 2


@pytest.mark.parametrize(
    ("mouths", "faces"),
    [
        (talk(2), {1: FACE, 2: FACE}),  # one face says two things, as twins do
        (talk(1), {1: FACE, 2: OTHER}),
        (talk(1), {}),  # nobody can describe faces
        (talk(1, 0, 20), {1: FACE, 2: FACE}),  # too short to be sure
    ],
)
def test_all_others_stay_two(clip, mouths, faces):
    clips = [clip(1, talk(1)), clip(2, mouths, tall=15.0)]
    assert join_copies(clips, [], faces) == (clips, [])
