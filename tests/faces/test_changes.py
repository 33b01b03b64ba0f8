"""Where a followed face becomes somebody else's."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.faces.changes import HALVES, Looks, find_change
from avsep.faces.portraits import PORTRAIT_SIZE, Look
from avsep.media.probing import probe
from avsep.media.reading import Waveform, read_frames
from avsep.media.writing import write_video

EXAMPLES = Path(__file__).parents[2] / "examples"


def embed(portraits):
    """A face is as far from another as their levels are, in degrees; covers count for nothing."""
    levels = []
    for portrait in portraits:
        own = portrait[portrait[..., 0] != 128]
        levels.append(np.radians(own.mean()))
    return np.stack([np.cos(levels), np.sin(levels)], -1).astype(np.float32)


def look(number: int, level: float, pose: float = 0.8, score: float = 1.0) -> Look:
    portrait = np.full((PORTRAIT_SIZE, PORTRAIT_SIZE, 3), level, np.uint8)
    return Look(12 * number, portrait, 1.0, pose, score)


def part(looks) -> list[tuple[int, int]]:
    seen = Looks(embed)
    for one in looks:
        seen.take(one)
    return [(part.first, part.last) for part in seen.settle()]


def test_one_person_is_one_part():
    assert part(look(n, 20 + n % 3) for n in range(30)) == [(0, 348)]


def test_a_face_that_changes_for_good_is_two_parts():
    assert part(look(n, 20 if n < 10 else 60) for n in range(20)) == [(0, 108), (120, 228)]


def test_somebody_who_comes_back_is_three_parts():
    levels = [20] * 5 + [60] * 5 + [20] * 5
    assert len(part(look(n, level) for n, level in enumerate(levels))) == 3


def test_one_odd_look_changes_nothing():
    levels = [20] * 5 + [60] + [20] * 5
    assert part(look(n, level) for n, level in enumerate(levels)) == [(0, 120)]


@pytest.mark.parametrize("how", [{"pose": 0.2}, {"score": 0.7}])
def test_a_turned_or_unsure_face_tells_nothing(how):
    looks = [look(n, 20) if n < 5 else look(n, 60, **how) for n in range(10)]
    assert part(looks) == [(0, 48)]


@pytest.mark.parametrize("half", range(len(HALVES)))
def test_a_face_half_hidden_is_the_same_face(half):
    looks = [look(n, 20) for n in range(20)]
    for one in looks[8:]:
        one.portrait[HALVES[half]] = 90
    assert len(part(looks)) == 1


def test_a_first_look_through_a_fade_is_nobody_else():
    assert part(look(n, 80 if n == 0 else 20) for n in range(12)) == [(0, 132)]


def test_without_an_embedder_nobody_is_told_apart():
    seen = Looks()
    for n in range(20):
        seen.take(look(n, 20 if n < 10 else 60))
    assert len(seen.settle()) == 1


def test_looks_are_described_several_at_a_time():
    sizes = []

    def count(portraits):
        sizes.append(len(portraits))
        return embed(portraits)

    seen = Looks(count)
    for n in range(20):
        seen.take(look(n, 20))
    assert [(part.first, part.last) for part in seen.settle()] == [(0, 228)]
    assert sizes == [8, 8, 4]


def make_mouths(shares) -> np.ndarray:
    """Mouths that move a little, of one person up to share 0 and of another from 1 on."""
    random = np.random.default_rng(0)
    one, other = random.integers(40, 210, (2, 20, 20))
    moving = random.normal(0, 12, (len(shares), 20, 20))
    share = np.asarray(shares)[:, None, None]
    return ((1 - share) * one + share * other + moving).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("at", [28, 30, 33, 36])
def test_a_sudden_change_is_found_to_the_picture(at):
    mouths = make_mouths([0] * at + [1] * (60 - at))
    assert find_change(mouths, 24, 36) == (at, at)


def test_what_shows_both_belongs_to_neither():
    mouths = make_mouths([*[0] * 30, *np.linspace(0, 1, 20), *[1] * 30])
    stop, start = find_change(mouths, 30, 48)
    assert 33 <= stop <= 37
    assert 43 <= start <= 47


@pytest.fixture(scope="module")
def faces():
    """The man and the two women of the examples, as tiles of 100 frames."""
    frames = {
        name: list(islice(read_frames(probe(EXAMPLES / f"{name}.mp4"), max_height=360), 100))
        for name in ("debate", "same-sex")
    }
    places = {"man": ("debate", 100), "woman": ("debate", 348), "other": ("same-sex", 100)}
    return {
        who: [image[65:257, left : left + 192] for image in frames[name]]
        for who, (name, left) in places.items()
    }


def show(target, left, right) -> list[list[tuple[float, float]]]:
    """When everybody is seen in a call with two tiles, as the command line says."""
    images = []
    for one, two in zip(left, right, strict=True):
        image = np.full((480, 640, 3), 32, np.uint8)
        image[30:222, 80:272], image[30:222, 368:560] = one, two
        images.append(image)
    write_video(target, images, Waveform(np.zeros((1, 64_000), np.float32), 16_000))
    done = CliRunner().invoke(app, ["faces", str(target), "--json"])
    return [[tuple(span) for span in who["seen"]] for who in json.loads(done.stdout)["speakers"]]


@pytest.mark.parametrize(("first", "then"), [("man", "other"), ("woman", "other")])
def test_a_tile_that_changes_its_person_shows_two(faces, tmp_path, first, then):
    right = faces["woman" if first == "man" else "man"]
    seen = show(tmp_path / "call.mp4", faces[first][:50] + faces[then][50:], right)
    assert len(seen) == 3
    assert seen[0] == [pytest.approx((0, 2), abs=0.13)]
    assert seen[1] == [pytest.approx((0, 4), abs=0.05)]
    assert seen[2] == [pytest.approx((2, 4), abs=0.25)]


def test_tiles_that_swap_places_are_still_two_people(faces, tmp_path):
    man, woman = faces["man"], faces["woman"]
    seen = show(tmp_path / "call.mp4", man[:50] + woman[50:], woman[:50] + man[50:])
    assert len(seen) == 2
    assert all(sum(stop - start for start, stop in who) > 3.7 for who in seen)


def test_people_dissolve_into_others_in_the_same_seats(faces, tmp_path):
    shares = np.clip((np.arange(100) - 40) / 25, 0, 1)
    left = [
        cv2.addWeighted(one, 1 - share, two, share, 0)
        for one, two, share in zip(faces["man"], faces["other"], shares, strict=True)
    ]
    seen = show(tmp_path / "call.mp4", left, faces["woman"])
    assert len(seen) == 3
    assert seen[0][-1][1] < 2.3
    assert seen[2][0][0] > 1.9


def test_somebody_lit_otherwise_or_half_hidden_for_a_while_is_one_person(faces, tmp_path):
    lit = [
        (image * (0.45 if n >= 50 else 1)).astype(np.uint8) for n, image in enumerate(faces["man"])
    ]
    hidden = [image.copy() for image in faces["woman"]]
    for image in hidden[40:75]:
        image[100:] = (150, 110, 95)
    assert len(show(tmp_path / "call.mp4", lit, hidden)) == 2
