"""Looking for faces at a bounded cost: in a reduced copy, and mostly only where they were."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np

from avsep.arrays import Floats, Image
from avsep.faces.detectors import (
    GRID,
    Face,
    FaceDetector,
    count_pixels,
    drop_doubles,
    measure_overlap,
)
from avsep.media.picture import Picture

# Side of the square searched around a known face at least, and how far its middle may have moved,
# in face sizes.
_ROOM, _REACH = 1.4, 0.5
# Pixels that the longer side of a face has near its place, if the frame has so many. Of sixty
# people's faces with 46 pixels all are found, with 35 four in five, with 32 one in three.
_CLEAR = 64
# It is looked near the places if that spares at least so many pixels: some three milliseconds.
_WORTH = 2**16

# A frame, whether a shot begins with it, and the faces in it, if they are known.
SearchedFrame: TypeAlias = tuple[Picture, int, list[Face] | None]


def search(picture: Picture, detect: FaceDetector, side: int) -> list[Face]:
    """Find the faces of a frame at a bounded cost.

    A frame whose longer side has more than `side` pixels is searched in a reduced copy;
    the places that come back are those of the frame itself.

    Args:
        picture: The frame.
        detect: Finds faces in a frame it is given.
        side: Longest side in pixels of the reduced copy.
    """
    scale = _find_scale(picture.shape, side)
    return [_enlarge(face, scale) for face in detect(_reduce(picture, scale))]


def search_thoroughly(
    picture: Picture, detect: FaceDetector, side: int, faces: list[Face]
) -> list[Face]:
    """Search a frame at its full size too, where far faces are still large enough.

    Args:
        picture: The frame.
        detect: Finds faces in a frame it is given.
        side: Longest side in pixels of the copy that `search` looked through.
        faces: Those that it found there.
    """
    if _find_scale(picture.shape, side) == 1:
        return faces
    # The reduced copy may hold a face that is too small in it to be sure of.
    return drop_doubles(_by_score(faces + detect(_reduce(picture, 1.0))))


def search_ahead(
    frames: Iterable[tuple[Picture, int]], detect: FaceDetector, side: int, interval: int
) -> Iterator[SearchedFrame]:
    """Search frames before it is known who is in them: the first of each shot, and at intervals.

    Args:
        frames: And whether a shot begins with them, as `avsep.faces.shots.mark_cuts` says.
        detect: Finds faces in a frame it is given; maybe while another thread does.
        side: Longest side in pixels of the copy that is searched.
        interval: Frames from one to the next.

    Yields:
        What came, and the faces; None of frames that are not searched.
    """
    place = 0
    for picture, cut in frames:
        place = 0 if cut else place + 1
        yield picture, cut, None if place % interval else search(picture, detect, side)


def search_near(picture: Picture, detect: FaceDetector, side: int, boxes: Floats) -> list[Face]:
    """Find faces again near the places where they are expected, and none elsewhere.

    Args:
        picture: The frame.
        detect: Finds faces in a frame it is given.
        side: Longest side in pixels of the copy that `search` would look through; the squares
            around the places are reduced as much, but small faces less.
        boxes: Where faces are expected, shape (faces, 4).

    Returns:
        At most one face for each place.
    """
    found = []
    for box in boxes:
        scale = _find_near_scale(box, picture.shape, side)
        left, top, right, bottom = _surround(box, picture.shape, scale)
        if left == right or top == bottom:
            continue  # expected outside the frame
        near = _reduce(picture.cut(left, top, right, bottom), scale)
        corner = np.array([left, top], np.float32)
        faces = [_shift(_enlarge(face, scale), corner) for face in detect(near)]
        found += [face for face in faces if _is_there(face, box)][:1]
    return found


def search_missed(
    picture: Picture, detect: FaceDetector, side: int, boxes: Floats, faces: list[Face]
) -> list[Face]:
    """Look near the places of those whom a search of the whole frame has not found.

    Args:
        picture: The frame.
        detect: Finds faces in a frame it is given.
        side: Longest side in pixels of the copy that `search` looked through.
        boxes: Where faces are expected, shape (faces, 4).
        faces: Those that were found.

    Returns:
        These, and the others after them.
    """
    missed = [box for box in boxes if not any(_is_there(face, box) for face in faces)]
    return drop_doubles(faces + search_near(picture, detect, side, np.array(missed)))


def is_worth_it(boxes: Floats, shape: tuple[int, int], side: int) -> bool:
    """Say whether looking near the places costs much less than looking everywhere.

    Faces that touch are better looked for together.

    Args:
        boxes: Where faces are expected, shape (faces, 4).
        shape: Height and width of the frame.
        side: Longest side in pixels of the copy that `search` would look through.
    """
    if not len(boxes):
        return False
    for number, box in enumerate(boxes):
        if (measure_overlap(box, boxes[number + 1 :]) > 0).any():
            return False
    near = sum(_count_near(box, shape, side) for box in boxes)
    scale = _find_scale(shape, side)
    return near + _WORTH <= count_pixels(shape[0] * scale, shape[1] * scale)


def _count_near(box: Floats, shape: tuple[int, int], side: int) -> float:
    """Pixels that looking near a place costs."""
    scale = _find_near_scale(box, shape, side)
    room = _near_side(box, scale) * scale
    return count_pixels(room, room)


def _find_scale(shape: tuple[int, int], side: int) -> float:
    return min(1.0, side / max(shape))


def _find_near_scale(box: Floats, shape: tuple[int, int], side: int) -> float:
    """How much smaller the copy of a face's surroundings is."""
    return min(1.0, max(_find_scale(shape, side), _CLEAR / max(_measure_side(box), 1.0)))


def _measure_side(box: Floats) -> float:
    return float((box[2:] - box[:2]).max())


def _near_side(box: Floats, scale: float) -> float:
    """Side of the square around a face: what the detector's grid asks for anyway is looked at."""
    return math.ceil(_ROOM * _measure_side(box) * scale / GRID) * GRID / scale


def _surround(box: Floats, shape: tuple[int, int], scale: float) -> list[int]:
    """The square around a box, inside the frame: left, top, right, bottom."""
    middle, half = (box[:2] + box[2:]) / 2, _near_side(box, scale) / 2
    height, width = shape
    square = np.concatenate([middle - half, middle + half])
    low, high = np.zeros(4), np.array([width, height, width, height])
    return [int(edge) for edge in np.clip(np.rint(square), low, high)]


def _by_score(faces: list[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: -face.score)


def _is_there(face: Face, box: Floats) -> bool:
    """Whether a face lies about where it was expected."""
    apart = np.linalg.norm((face.box[:2] + face.box[2:] - box[:2] - box[2:]) / 2)
    return bool(apart < _REACH * (box[2:] - box[:2]).max())


def _shift(face: Face, corner: Floats) -> Face:
    """Carry a face found in a part of a frame over to the frame."""
    return Face(face.box + np.tile(corner, 2), face.points + corner, face.score)


def _reduce(picture: Picture, scale: float) -> Image:
    """An image of a frame, in general smaller."""
    height, width = (max(1, round(side * scale)) for side in picture.shape)
    return picture.to_image(height, width)


def _enlarge(face: Face, scale: float) -> Face:
    """Carry a face found in a reduced copy over to the frame itself."""
    ratio = np.float32(1 / scale)
    return Face(face.box * ratio, face.points * ratio, face.score)
