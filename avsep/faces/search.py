"""Looking for faces at a bounded cost: in a reduced copy, and mostly only where they were."""

from __future__ import annotations

import numpy as np

from avsep.arrays import Floats, Image
from avsep.faces.detectors import Face, FaceDetector, drop_doubles, measure_overlap
from avsep.media.picture import Picture

# Side of the square searched around a known face, and how far its middle may have moved, in
# face sizes.
_ROOM, _REACH = 1.5, 0.5


def search(picture: Picture, detect: FaceDetector, side: int, *, thorough: bool) -> list[Face]:
    """Find the faces of a frame at a bounded cost.

    A frame whose longer side has more than `side` pixels is searched in a reduced copy;
    the places that come back are those of the frame itself.

    Args:
        picture: The frame.
        detect: Finds faces in a frame it is given.
        side: Longest side in pixels of the reduced copy.
        thorough: Search the full size too, where far faces are still large enough.
    """
    scale = side / max(picture.shape)
    if scale >= 1:
        return detect(_reduce(picture, 1.0))
    faces = [_enlarge(face, scale) for face in detect(_reduce(picture, scale))]
    # Of a face found at both sizes the reduced one stays, as in the frames around.
    return drop_doubles(faces + detect(_reduce(picture, 1.0))) if thorough else faces


def search_near(picture: Picture, detect: FaceDetector, side: int, boxes: Floats) -> list[Face]:
    """Find faces again near the places where they are expected, and none elsewhere.

    Args:
        picture: The frame.
        detect: Finds faces in a frame it is given.
        side: Longest side in pixels of the copy that `search` would look through; the squares
            around the places are reduced as much.
        boxes: Where faces are expected, shape (faces, 4).

    Returns:
        At most one face for each place.
    """
    scale = min(1.0, side / max(picture.shape))
    found = []
    for box in boxes:
        left, top, right, bottom = _surround(box, picture.shape)
        if left == right or top == bottom:
            continue  # expected outside the frame
        near = _reduce(picture.cut(left, top, right, bottom), scale)
        corner = np.array([left, top], np.float32)
        faces = [_shift(_enlarge(face, scale), corner) for face in detect(near)]
        found += [face for face in faces if _is_there(face, box)][:1]
    return found


def is_worth_it(boxes: Floats, shape: tuple[int, ...]) -> bool:
    """Say whether looking near the places costs much less than looking everywhere.

    Faces that touch are better looked for together.

    Args:
        boxes: Where faces are expected, shape (faces, 4).
        shape: Height and width of the frame.
    """
    if not len(boxes):
        return False
    for number, box in enumerate(boxes):
        if (measure_overlap(box, boxes[number + 1 :]) > 0).any():
            return False
    areas = np.prod(_ROOM * (boxes[:, 2:] - boxes[:, :2]), axis=1)
    return bool(areas.sum() < shape[0] * shape[1] / 4)


def _surround(box: Floats, shape: tuple[int, int]) -> list[int]:
    """The square around a box, inside the frame: left, top, right, bottom."""
    middle, half = (box[:2] + box[2:]) / 2, _ROOM * float((box[2:] - box[:2]).max()) / 2
    height, width = shape
    square = np.concatenate([middle - half, middle + half])
    low, high = np.zeros(4), np.array([width, height, width, height])
    return [int(edge) for edge in np.clip(np.rint(square), low, high)]


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
