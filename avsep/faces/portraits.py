"""Good looks at a face, spread over the time in which it is seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from avsep.arrays import Floats, Image
from avsep.faces.alignment import (
    FACE_MIDDLE,
    LOOK,
    REFERENCE,
    Square,
    cut_colour,
    cut_out,
    describe_patch,
    fit_similarity,
    judge_pose,
    judge_sharpness,
    measure_face,
)
from avsep.faces.tracks import Trail
from avsep.media.picture import Picture
from avsep.timeline import FRAME_RATE

PORTRAIT_SIZE = 160
# Both chosen by hand: they bound time and memory, and `avsep.faces.identity` was measured so.
POSE = FRAME_RATE // 2  # frames in which a face keeps its looks
MOST = 4  # portraits of one album
_PORTRAIT = Square(FACE_MIDDLE, PORTRAIT_SIZE, PORTRAIT_SIZE)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A look at a face.

    Attributes:
        frame: When.
        portrait: The face, (160, 160, 3), RGB.
        quality: How good it is to look at.
        pose: From 0 for a face that is turned away to 1.
        score: How sure the detector is.
    """

    frame: int
    portrait: Image
    quality: float
    pose: float
    score: float


def take_look(picture: Picture, trail: Trail) -> Look:
    """Cut the face out of the frame in which it was seen last."""
    matrix = fit_similarity(trail.points[None], REFERENCE)[0]
    pose, score = judge_pose(trail.points, matrix), trail.scores[-1]
    portrait = cut_colour(picture, matrix, _PORTRAIT)
    quality = score * pose * judge_sharpness(portrait)
    turned = pose / max(measure_face(trail.points), 1e-6)
    return Look(trail.stop - 1, portrait, quality, turned, score)


def describe_portrait(portrait: Image) -> Floats:
    """What `describe_look` says of the frame that a portrait was cut from."""
    points = REFERENCE - FACE_MIDDLE + PORTRAIT_SIZE / 2
    return describe_patch(cut_out(portrait, fit_similarity(points[None], REFERENCE)[0], LOOK))


@dataclass(slots=True, eq=False)
class Album:
    """The best look at a face in each of a few stretches of time, all equally long.

    When there are too many stretches, every two become one: however long somebody is seen,
    the album stays small and covers all of it.

    Attributes:
        portraits: By time, each (160, 160, 3), RGB.
        qualities: How good each of them is.
    """

    portraits: list[Image] = field(default_factory=list)
    qualities: list[float] = field(default_factory=list)
    _looks: int = 0
    _stretch: int = 1

    @property
    def best(self) -> Image:
        """The best look of all."""
        if not self.portraits:
            return np.zeros((PORTRAIT_SIZE, PORTRAIT_SIZE, 3), np.uint8)
        return self.portraits[int(np.argmax(self.qualities))]

    def add(self, portrait: Image, quality: float) -> None:
        """Keep a look if it is the best of its stretch so far."""
        if self._looks % self._stretch == 0:
            self.portraits.append(portrait)
            self.qualities.append(quality)
        elif quality > self.qualities[-1]:
            self.portraits[-1], self.qualities[-1] = portrait, quality
        self._looks += 1
        if len(self.portraits) > MOST:
            self._halve()

    def put_away(self, path: Path) -> None:
        """Once nobody looks any more, write the best look to a file and forget them all.

        A long recording has thousands of albums.
        """
        self.best.tofile(path)
        self.portraits.clear()
        self.qualities.clear()

    def _halve(self) -> None:
        """Make two stretches one, and keep the better look of each two."""
        last = len(self.qualities) - 1
        better = [
            max(first, min(first + 1, last), key=self.qualities.__getitem__)
            for first in range(0, last + 1, 2)
        ]
        self.portraits = [self.portraits[place] for place in better]
        self.qualities = [self.qualities[place] for place in better]
        self._stretch *= 2


def name_portrait(mouths: Path) -> Path:
    """Where the portrait that belongs to a file of mouths lies."""
    return mouths.with_suffix(".portrait")


def read_portrait(path: Path) -> Image:
    """What `Album.put_away` has written, shape (160, 160, 3), RGB."""
    return np.fromfile(path, np.uint8).reshape(PORTRAIT_SIZE, PORTRAIT_SIZE, 3)


def to_jpeg(image: Image) -> bytes:
    """An image as a file of it."""
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
