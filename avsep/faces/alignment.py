"""Where a face lies in a frame, and squares cut out of it upright, steady and to scale.

Everything is measured in the units of one reference face, in which the eyes are 35 units
apart. Places in frames count from the upper left corner, in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avsep.arrays import Floats, Image, normalise
from avsep.media.picture import COARSER, Picture, to_grey

# Where eyes, nose and corners of the mouth lie in the reference face.
REFERENCE = np.array(
    [[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]]
)
MOUTH_MIDDLE = (56.1, 92.3)
FACE_MIDDLE = (56.0, 68.0)
# More pixels a side than this in one pixel of a cut-out are not averaged.
_FINEST = 8
# Both are chosen by hand: they only rank looks at one face; the best becomes its portrait.
# What every unit by which a face departs from the reference takes off a look at it.
_POSE_PENALTY = 0.3
# Contrast between neighbouring pixels at which a frame is half sharp.
_SHARP = 10.0


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the reference face, to be cut out.

    Attributes:
        middle: x, y in units.
        units: Side in units.
        size: Side of the result in pixels.
    """

    middle: tuple[float, float]
    units: float
    size: int


# What people are told apart by within a shot: the face without its surroundings, an oval of a
# tiny square.
LOOK = Square(FACE_MIDDLE, 90.0, 16)
_OVAL = np.hypot(*np.mgrid[-7.5:8, -7.5:8] / np.array([8.8, 7.2])[:, None, None]) < 1


def fit_similarity(points: NDArray[np.floating], target: NDArray[np.floating]) -> Floats:
    """Find the turn, scale and shift that brings points nearest to their targets.

    With points as complex numbers a similarity is w = a z + b, and least squares give
    a = sum(conj(z) w) / sum(|z|^2) for points measured from their mean.

    Args:
        points: x, y in pixels, shape (frames, points, 2).
        target: x, y where they shall come to lie, shape (points, 2).

    Returns:
        One matrix per frame, shape (frames, 2, 3).
    """
    z = points[..., 0] + 1j * points[..., 1]
    w = target[..., 0] + 1j * target[..., 1]
    middle, goal = z.mean(axis=-1, keepdims=True), w.mean()
    spread = np.maximum((np.abs(z - middle) ** 2).sum(axis=-1), 1e-6)
    a = (np.conj(z - middle) * (w - goal)).sum(axis=-1) / spread
    b = goal - a * middle[..., 0]
    rows = [np.stack([a.real, -a.imag, b.real], -1), np.stack([a.imag, a.real, b.imag], -1)]
    return np.stack(rows, axis=-2).astype(np.float32)


def smooth(points: NDArray[np.floating], width: float) -> Floats:
    """Smooth points in time by a bell of that standard deviation in frames.

    Args:
        points: x, y in pixels, shape (frames, points, 2).
        width: Standard deviation in frames.
    """
    means = _blur(points, width) / _blur(np.ones((len(points), 1, 1)), width)
    return np.asarray(means, np.float32)


def _blur(values: NDArray[np.floating], width: float) -> NDArray[np.float64]:
    """Sums under the bell, along the first axis; beyond its ends there is nothing."""
    blurred: NDArray[np.float64] = gaussian_filter1d(
        values.astype(np.float64),
        max(width, 1e-6),
        axis=0,
        mode="constant",
        radius=measure_reach(width),
    )
    return blurred


def measure_reach(width: float) -> int:
    """Frames on either side that smoothing by that width looks at."""
    return round(3 * width)


def cut_out(image: Image, matrix: Floats, square: Square) -> Image:
    """Cut a square of the reference face out of a frame, upright and to scale.

    Every pixel is the mean of the patch of the frame that it covers, so that large faces
    do not flicker; beyond the picture's edge its last pixels go on.

    Args:
        image: The frame, grey or RGB, shape (height, width) or (height, width, 3).
        matrix: Frame to reference face, shape (2, 3).
        square: What to cut out.

    Returns:
        Shape (size, size) or (size, size, 3).
    """
    zoom = square.size / square.units
    scale = zoom * float(np.hypot(matrix[0, 0], matrix[1, 0]))
    finer = int(np.clip(np.ceil(1 / max(scale, 1e-6)), 1, _FINEST))
    side = square.size * finer
    warp = matrix.astype(np.float64) * (zoom * finer)
    warp[:, 2] += side / 2 - np.array(square.middle) * (zoom * finer)
    # cv2 counts from the middle of the first pixel, we from its corner.
    warp[:, 2] += warp[:, :2] @ (0.5, 0.5) - 0.5
    large = cv2.warpAffine(image, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(large, (square.size, square.size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def cut_grey(picture: Picture, matrix: Floats, square: Square) -> Image:
    """The same of a picture's brightness, from 0 for black to 255 for white, (size, size)."""
    return to_grey(cut_out(picture.brightness, matrix, square), picture.colours)


def cut_colour(picture: Picture, matrix: Floats, square: Square) -> Image:
    """The same of a picture in red, green and blue, (size, size, 3)."""
    coarse = matrix * (COARSER, COARSER, 1)
    patches = [cut_out(plane, coarse, square) for plane in picture.differences]
    return picture.mix([cut_out(picture.brightness, matrix, square), *patches])


def measure_face(points: Floats) -> float:
    """Pixels between the middle of the eyes and the middle of the mouth."""
    return float(np.linalg.norm(points[:2].mean(axis=0) - points[3:].mean(axis=0)))


def measure_typical_face(points: Floats) -> float:
    """The same of a face in most frames: the median, of points of shape (frames, 5, 2)."""
    across = points[:, :2].mean(axis=1) - points[:, 3:].mean(axis=1)
    return float(np.median(np.linalg.norm(across, axis=1)))


def judge_pose(points: Floats, matrix: Floats) -> float:
    """Say how good a look at a face is: large, and turned to the camera.

    Args:
        points: Five points in pixels, shape (5, 2).
        matrix: Frame to reference face, shape (2, 3).
    """
    placed = points @ matrix[:, :2].T + matrix[:, 2]
    askew = float(np.abs(placed - REFERENCE).mean())
    return measure_face(points) / (1 + _POSE_PENALTY * askew)


def judge_sharpness(image: Image) -> float:
    """Say how sharp a frame is, from 0 for plain or blurred to 1."""
    contrast = float(cv2.Laplacian(image, cv2.CV_32F).std())
    return contrast / (contrast + _SHARP)


def describe_look(picture: Picture, points: Floats) -> Floats:
    """Say what a face looks like, for comparisons within one recording.

    Returns:
        Its pixels at a tiny size without their mean colour, as a vector of length 1.
    """
    return describe_patch(cut_colour(picture, fit_similarity(points[None], REFERENCE)[0], LOOK))


def describe_patch(patch: Image) -> Floats:
    """The same of a face that has been cut out as `LOOK` says."""
    pixels = patch[_OVAL].astype(np.float32)
    look = (pixels - pixels.mean(axis=0)).reshape(-1)
    return normalise(look)
