from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from avsep.arrays import Image
from avsep.faces import scan as lips
from avsep.faces.alignment import REFERENCE
from avsep.faces.detectors import Face, FaceDetector, retinaface
from avsep.faces.people import LipClip, People
from avsep.faces.portraits import name_portrait
from avsep.faces.schedule import SearchConfig
from avsep.faces.tracks import Track
from avsep.media.picture import Picture, Plane
from avsep.media.probing import probe
from avsep.media.reading import read_frames, read_pictures
from picture_set import as_picture

DEBATE = Path(__file__).parents[2] / "examples" / "debate.mp4"
EVERYWHERE = SearchConfig(wide_interval=3, still_interval=3)


def face(x: float, scale: float = 1.0, score: float = 0.99) -> Face:
    """A face whose mouth lies at (x, 100)."""
    points = ((REFERENCE - (56.1, 92.3)) * scale + (x, 100)).astype(np.float32)
    low, high = points.min(axis=0) - 20 * scale, points.max(axis=0) + 20 * scale
    return Face(np.concatenate([low, high]), points, score)


def find_people(
    images: Iterable[Image],
    detect: FaceDetector,
    folder: Path,
    size: int = 80,
    config: SearchConfig = EVERYWHERE,
) -> People:
    """As it is, but always with whole frames: most detectors here don't look at them."""
    return lips.find_people(map(as_picture, images), detect, folder, size, config)


def scene(frames: int, seed: int = 0) -> Iterator[Image]:
    """Blocks of colour; their corner tells the number of the frame."""
    blocks = np.random.default_rng(seed).integers(20, 235, (5, 8, 3))
    blocks = blocks.repeat(40, axis=0).repeat(40, axis=1).astype(np.uint8)
    for number in range(frames):
        image = blocks.copy()
        image[90:110, 90:110] = number
        yield image


def test_a_face_at_rest_is_one_clip_of_the_whole_length(tmp_path: Path) -> None:
    people = find_people(scene(31), lambda _: [face(100)], tmp_path)
    (clip,) = people.clips
    assert (clip.track.person, clip.track.start, clip.track.stop) == (1, 0, 31)
    assert people.frames == 31
    assert clip.portrait.shape == (160, 160, 3)


def test_every_mouth_comes_from_its_own_picture(tmp_path: Path) -> None:
    (clip,) = find_people(scene(40), lambda _: [face(100)], tmp_path).clips
    mouths = clip.read(0, 40)
    assert mouths[:, 38:42, 38:42].mean(axis=(1, 2)).round().tolist() == list(range(40))


def test_every_mouth_comes_from_its_own_picture_while_people_come_and_go(tmp_path: Path) -> None:
    calls = 0

    def detect(image: Image) -> list[Face]:
        nonlocal calls
        if image.shape != (200, 320, 3):
            return []  # nobody near the places of those who are missed
        calls += 1
        return [face(100)] * (calls < 12 or calls > 18) + [face(250)] * (calls > 3)

    people = find_people(scene(90), detect, tmp_path)
    at_the_mark = [clip for clip in people.clips if clip.track.points[0, 2, 0] < 150]
    assert len(at_the_mark) == 2
    for clip in at_the_mark:
        shown = clip.read(clip.track.start, clip.track.stop)[:, 38:42, 38:42]
        expected = list(range(clip.track.start, clip.track.stop))
        assert shown.mean(axis=(1, 2)).round().tolist() == expected


def test_two_people_are_numbered_from_left_to_right(tmp_path: Path) -> None:
    people = find_people(scene(30), lambda _: [face(220), face(80)], tmp_path)
    assert [clip.track.person for clip in people.clips] == [1, 2]
    assert [round(float(clip.track.points[0, 3, 0])) for clip in people.clips] == [65, 205]


def test_a_finer_crop_has_the_asked_size(tmp_path: Path) -> None:
    (clip,) = find_people(scene(20), lambda _: [face(100)], tmp_path, 140).clips
    assert clip.read(0, 20).shape == (20, 140, 140)
    assert clip.path.stat().st_size == 20 * 140 * 140


def test_no_track_crosses_a_cut(tmp_path: Path) -> None:
    images = [*scene(30, seed=1), *scene(30, seed=2)]
    people = find_people(images, lambda _: [face(100)], tmp_path)
    assert people.cuts == (30,)
    assert [(clip.track.start, clip.track.stop) for clip in people.clips] == [(0, 30), (30, 60)]


def test_outside_its_track_a_clip_is_black(tmp_path: Path) -> None:
    path = tmp_path / "mouth.raw"
    np.arange(1, 4, dtype=np.uint8).repeat(4).tofile(path)
    track = Track(1, 10, np.zeros((3, 4), np.float32), np.zeros((3, 5, 2), np.float32), 0)
    clip = LipClip(track, path, 2)
    assert clip.read(8, 15)[:, 0, 0].tolist() == [0, 0, 1, 2, 3, 0, 0]
    assert clip.read(11, 12)[:, 0, 0].tolist() == [2]
    assert not clip.read(-5, 5).any()
    assert clip.read(20, 20).shape == (0, 2, 2)


def test_a_face_that_jumps_is_one_clip_all_along(tmp_path: Path) -> None:
    places = [100] * 25 + [190] * 35
    blocks = next(iter(scene(1)))[40:140, 60:160]

    def images() -> Iterator[Image]:
        for place in places:
            image = np.full((480, 640, 3), 90, np.uint8)
            image[20:120, place - 50 : place + 50] = blocks
            yield image

    def detect(image: Image) -> list[Face]:
        filled = np.flatnonzero((image != 90).any(axis=(0, 2)))
        return [face(filled[0] + 50)]

    (clip,) = find_people(images(), detect, tmp_path).clips
    assert (clip.track.start, clip.track.stop) == (0, 60)
    assert clip.path.stat().st_size == 60 * 80 * 80
    files = {clip.path, name_portrait(clip.path)}
    assert set(tmp_path.iterdir()) == files


@pytest.mark.parametrize(
    ("found", "frames", "reason"),
    [
        (face(100, scale=0.2), 30, "too small"),
        (face(100), 8, "too short: seen for 0.3 s"),
    ],
)
def test_who_cannot_be_read_is_left_out_with_a_reason(
    tmp_path: Path, found: Face, frames: int, reason: str
) -> None:
    people = find_people(scene(frames), lambda _: [found], tmp_path)
    assert not people.clips
    assert reason in people.dropped[0].reason
    assert not list(tmp_path.iterdir())


def test_what_is_hardly_a_face_is_left_out(tmp_path: Path) -> None:
    calls = 0

    def detect(_: Image) -> list[Face]:
        nonlocal calls
        calls += 1
        return [face(100, score=0.95 if calls == 1 else 0.52)]

    (dropped,) = find_people(scene(60), detect, tmp_path).dropped
    assert "hardly a face" in dropped.reason


def test_an_empty_recording_has_nobody(tmp_path: Path) -> None:
    people = find_people(iter([]), lambda _: [face(100)], tmp_path)
    assert (people.clips, people.dropped, people.frames, people.cuts) == ((), (), 0, ())


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 20])
def test_a_recording_without_faces_has_nobody(tmp_path: Path, frames: int) -> None:
    people = find_people(scene(frames), lambda _: [], tmp_path)
    assert (people.clips, people.frames) == ((), frames)


def test_pictures_are_let_go_while_the_recording_is_watched(tmp_path: Path) -> None:
    alive: list[weakref.ref[Plane]] = []

    def pictures() -> Iterator[Picture]:
        for image in scene(120):
            picture = as_picture(image)
            alive.append(weakref.ref(picture.brightness))
            yield picture
            del picture
            assert sum(ref() is not None for ref in alive) < 16

    lips.find_people(pictures(), lambda _: [face(100)], tmp_path, 80, EVERYWHERE)


def test_between_wide_searches_it_is_looked_where_people_are(tmp_path: Path) -> None:
    shapes = []

    def detect(image: Image) -> list[Face]:
        shapes.append(image.shape[:2])
        rows, columns = np.nonzero(image[..., 0] > 200)
        found = face(0, scale=0.5)
        middle = (found.box[:2] + found.box[2:]) / 2
        move = np.array([columns.mean(), rows.mean()], np.float32) - middle
        return [Face(found.box + np.tile(move, 2), found.points + move, 0.99)]

    image = np.zeros((480, 640, 3), np.uint8)
    image[200:220, 300:320] = 255
    config = SearchConfig(still_interval=3)
    (clip,) = lips.find_people([as_picture(image)] * 40, detect, tmp_path, config=config).clips
    assert (clip.track.start, clip.track.stop) == (0, 40)
    assert np.ptp(clip.track.points, axis=0).max() < 0.5
    assert 7 <= shapes.count((480, 640)) <= 9
    assert len(shapes) == 14


SHARP = 64  # pixels from which on this detector is sure of a face, and those it finds at all
BLURRED = 32


def find_square(image: Image) -> list[Face]:
    """A face on the bright square, if it is large enough; its rows vary, so that it has a look."""
    rows, columns = np.nonzero(image[..., 0] > 150)
    if not len(rows) or len(rows) < 0.8 * np.ptp(rows) * np.ptp(columns):
        return []
    side = np.ptp(columns) + 1
    if side < BLURRED:
        return []
    middle = np.array([columns.mean(), rows.mean()], np.float32)
    points = ((REFERENCE - REFERENCE.mean(0)) * side / 60 + middle).astype(np.float32)
    box = np.concatenate([middle - side / 2, middle + side / 2]).astype(np.float32)
    return [Face(box, points, 0.99 if side >= SHARP else 0.7)]


@pytest.mark.parametrize("side", [80, 100], ids=["hidden when reduced", "unsure when reduced"])
def test_a_small_face_in_a_large_picture_is_followed_all_along(tmp_path: Path, side: int) -> None:
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[400 : 400 + side, 800 : 800 + side] = 200
    shapes = []

    def detect(image: Image) -> list[Face]:
        shapes.append(image.shape)
        return find_square(image)

    (clip,) = lips.find_people([as_picture(image)] * 45, detect, tmp_path).clips
    assert (clip.track.start, clip.track.stop) == (0, 45)
    assert shapes.count(image.shape) == 1  # the first: later it is looked near the place


def test_people_who_keep_still_are_searched_less_often(tmp_path: Path) -> None:
    def count(step: float) -> int:
        places: list[float] = []

        def detect(_: Image) -> list[Face]:
            places.append(0)
            return [face(100 + step * len(places))]

        find_people(scene(60), detect, tmp_path, config=SearchConfig())
        return len(places)

    assert count(0) <= 12
    assert count(6) >= 20


def test_somebody_fast_is_searched_in_every_picture(tmp_path: Path) -> None:
    def count(step: float) -> int:
        places: list[float] = []

        def detect(_: Image) -> list[Face]:
            places.append(0)
            return [face(60 + step * len(places))]

        config = SearchConfig(interval=3, still_interval=3, wide_interval=3, fast=0.05)
        find_people(scene(20), detect, tmp_path, config=config)
        return len(places)

    assert count(0) < 10
    assert count(25) > 15


@pytest.mark.skipif(not DEBATE.exists(), reason="the example is not there")
def test_the_people_of_the_debate_are_found_in_full_length(tmp_path: Path) -> None:
    pictures = islice(read_pictures(probe(DEBATE)), 50)
    people = lips.find_people(pictures, retinaface(1), tmp_path, 80, EVERYWHERE)
    assert len(people.clips) >= 2
    assert all(clip.track.stop - clip.track.start == people.frames for clip in people.clips)


@pytest.mark.skipif(not DEBATE.exists(), reason="the example is not there")
@pytest.mark.parametrize("width", [300, 430])
def test_people_far_away_in_a_large_picture_are_found_at_once(tmp_path: Path, width: int) -> None:
    def far() -> Iterator[Picture]:
        for frame in islice(read_frames(probe(DEBATE)), 40):
            wall = np.full((1080, 1920, 3), 110, np.uint8)
            small = cv2.resize(
                frame, (width, width * 9 // 16 // 2 * 2), interpolation=cv2.INTER_AREA
            )
            wall[400 : 400 + len(small), 700 : 700 + width] = small
            yield as_picture(wall)

    people = lips.find_people(far(), retinaface(1), tmp_path)
    assert [(clip.track.start, clip.track.stop) for clip in people.clips] == [(0, 40)] * 2
