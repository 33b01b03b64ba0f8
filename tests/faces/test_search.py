from __future__ import annotations

import numpy as np
import pytest

from avsep.arrays import Image
from avsep.faces.detectors import Face
from avsep.faces.search import (
    is_worth_it,
    search,
    search_ahead,
    search_missed,
    search_near,
    search_thoroughly,
)
from picture_set import as_picture


def face(left: float, top: float, size: float, score: float = 0.9) -> Face:
    box = np.array([left, top, left + size, top + size], np.float32)
    return Face(box, np.tile(box[:2] + size / 2, (5, 1)), score)


def find_bright(image: Image) -> list[Face]:
    """A face on every bright square."""
    rows, columns = np.nonzero(image[..., 0] > 128)
    if not len(rows):
        return []
    return [face(columns.min(), rows.min(), columns.max() - columns.min() + 1)]


def test_a_large_picture_is_searched_in_a_reduced_copy() -> None:
    seen: list[tuple[int, ...]] = []

    def detect(image: Image) -> list[Face]:
        seen.append(image.shape)
        return [face(100, 50, 40)]

    (found,) = search(as_picture(np.zeros((720, 1280, 3), np.uint8)), detect, 640)
    assert seen == [(360, 640, 3)]
    assert found.box == pytest.approx([200, 100, 280, 180])


def test_a_thorough_search_adds_what_the_reduced_copy_hides() -> None:
    def detect(image: Image) -> list[Face]:
        return [face(100, 50, 40)] if len(image) == 360 else [face(200, 100, 80), face(5, 5, 20)]

    picture = as_picture(np.zeros((720, 1280, 3), np.uint8))
    found = search_thoroughly(picture, detect, 640, search(picture, detect, 640))
    assert [f.box.tolist() for f in found] == [[200, 100, 280, 180], [5, 5, 25, 25]]


def test_of_a_face_that_is_found_at_both_sizes_the_surer_one_counts() -> None:
    def detect(image: Image) -> list[Face]:
        if len(image) == 360:
            return [face(100, 50, 40, 0.7), face(300, 50, 40, 0.99)]
        return [face(202, 100, 80, 0.95), face(602, 100, 80, 0.9)]

    picture = as_picture(np.zeros((720, 1280, 3), np.uint8))
    found = search_thoroughly(picture, detect, 640, search(picture, detect, 640))
    assert [(f.box[0], f.score) for f in found] == [(600, 0.99), (202, 0.95)]


def test_who_is_missed_in_the_whole_picture_is_looked_for_near_their_place() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[210:250, 420:460] = 255
    boxes = np.array([[410, 200, 450, 240], [800, 200, 840, 240]], np.float32)
    known = face(800, 200, 40)
    shapes: list[tuple[int, ...]] = []

    def detect(image: Image) -> list[Face]:
        shapes.append(image.shape)
        return find_bright(image)

    found = search_missed(as_picture(image), detect, 640, boxes, [known])
    assert found[0] is known
    assert found[1].box == pytest.approx([420, 210, 460, 250], abs=1.1)
    assert shapes == [(64, 64, 3)]  # not reduced: it is small


def test_whoever_stands_where_another_is_missed_is_found_once() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[200:240, 430:470] = 255
    boxes = np.array([[412, 200, 452, 240]], np.float32)
    other = face(433, 200, 40)  # too far from there, but what is found near there is not
    assert len(search_near(as_picture(image), find_bright, 640, boxes)) == 1
    assert search_missed(as_picture(image), find_bright, 640, boxes, [other]) == [other]


def test_a_small_picture_is_searched_as_it_is() -> None:
    shapes: list[tuple[int, ...]] = []
    small = as_picture(np.zeros((48, 64, 3), np.uint8))

    def detect(image: Image) -> list[Face]:
        shapes.append(image.shape)
        return []

    assert search_thoroughly(small, detect, 640, search(small, detect, 640)) == []
    assert shapes == [(48, 64, 3)]


def test_the_first_frame_of_a_shot_is_searched_ahead_and_then_one_in_so_many() -> None:
    picture = as_picture(np.zeros((48, 64, 3), np.uint8))
    marked = [(picture, int(number in {0, 8})) for number in range(14)]
    searched = list(search_ahead(marked, find_bright, 640, 6))
    assert [(seen, cut) for seen, cut, _ in searched] == marked
    assert [number for number, (*_, faces) in enumerate(searched) if faces is not None] == [
        0,
        6,
        8,
    ]


def test_a_face_near_its_place_is_found_where_it_now_is() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[210:290, 420:500] = 255
    boxes = np.array([[400, 200, 480, 280]], np.float32)
    (found,) = search_near(as_picture(image), find_bright, 640, boxes)
    assert found.box == pytest.approx([420, 210, 500, 290], abs=2.1)
    assert found.points[0] == pytest.approx([460, 250], abs=2.1)


def test_a_face_expected_outside_the_picture_is_not_looked_for() -> None:
    boxes = np.array([[-300, 200, -260, 240], [600, 900, 640, 940]], np.float32)
    image = np.full((720, 1280, 3), 255, np.uint8)
    assert search_near(as_picture(image), find_bright, 640, boxes) == []


def test_only_the_surroundings_are_looked_at() -> None:
    pixels = []
    boxes = np.array([[400, 200, 480, 280], [0, 0, 80, 80]], np.float32)
    image = np.zeros((720, 1280, 3), np.uint8)
    search_near(
        as_picture(image), lambda i: pixels.append(i.shape[0] * i.shape[1]) or [], 640, boxes
    )
    assert sum(pixels) < 0.08 * 640 * 360


def test_a_face_that_is_not_where_it_is_expected_is_not_taken() -> None:
    boxes = np.array([[400, 200, 480, 280]], np.float32)
    image = np.zeros((720, 1280, 3), np.uint8)
    assert not search_near(as_picture(image), lambda _: [face(-25, -25, 40)], 640, boxes)


@pytest.mark.parametrize(
    ("boxes", "worth"),
    [
        ([], False),
        ([[100, 100, 500, 500], [1000, 100, 1400, 500]], True),
        ([[100, 100, 500, 500], [400, 100, 800, 500]], False),
        ([[100, 50, 1100, 1050]], False),
        ([[100 * i, 100, 100 * i + 90, 190] for i in range(8)], True),
        (
            [[100 * i, 100 * k, 100 * i + 90, 100 * k + 90] for i in range(8) for k in (1, 3)],
            False,
        ),
    ],
    ids=["nobody", "apart", "touching", "large", "many", "a crowd"],
)
def test_it_is_looked_near_faces_that_are_few_small_and_apart(
    boxes: list[list[float]], *, worth: bool
) -> None:
    known = np.array(boxes, np.float32).reshape(-1, 4)
    assert is_worth_it(known, (1080, 1920), 640) is worth
