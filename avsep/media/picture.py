"""One picture as streams keep it: brightness, and colour at half the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import IO, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Image
from avsep.errors import MediaError
from avsep.media.colours import Colours

Plane: TypeAlias = NDArray[np.uint8]  # (height, width)
COARSER = 2  # pixels of brightness, each way, for one of colour
# YUV4MPEG2, in which ffmpeg hands pictures on without copying them: a line, and one before each.
AS_PICTURES = {"format": "yuv4mpegpipe", "pix_fmt": "yuv420p"}
_HEAD, _MARK = b"YUV4MPEG2 ", b"FRAME\n"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Red, green and blue are made where they are asked for: most pixels never are.

    Attributes:
        brightness: Y', (height, width).
        differences: Cb and Cr, each of half as many rows and columns, rounded up.
        colours: What the numbers stand for.
    """

    brightness: Plane
    differences: tuple[Plane, Plane]
    colours: Colours

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.brightness.shape
        return height, width

    def to_image(self, height: int, width: int) -> Image:
        """All of it at some size, (height, width, 3), RGB."""
        return self.mix([_resize(plane, height, width) for plane in self.planes])

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Brightness and both colour differences."""
        return self.brightness, *self.differences

    def mix(self, planes: Sequence[Plane]) -> Image:
        """Red, green and blue of what was taken from the three planes, equally large.

        What has no colour has none afterwards: a trace would count as a hue.
        """
        bright, blue, red = planes
        high, low = _find_range(self.colours)
        of_red, of_blue, less_red, less_blue = _find_weights(self.colours)
        # How much less green there is, about 128.
        less = cv2.addWeighted(red, less_red, blue, less_blue, 128 * (1 - less_red - less_blue))
        parts = (red, of_red), (less, -1.0), (blue, of_blue)
        mixed = [
            cv2.addWeighted(bright, high, part, weight, -high * low - 128 * weight)
            for part, weight in parts
        ]
        return np.asarray(cv2.merge(mixed), np.uint8)

    def cut(self, left: int, top: int, right: int, bottom: int) -> Picture:
        """A part of it; colours may lie half a pixel beside."""
        rows = slice(top // COARSER, -(-bottom // COARSER))
        columns = slice(left // COARSER, -(-right // COARSER))
        blue, red = self.differences
        parts = blue[rows, columns], red[rows, columns]
        return Picture(self.brightness[top:bottom, left:right], parts, self.colours)


def _resize(plane: Plane, height: int, width: int) -> Plane:
    """A plane at another size: means where it is smaller, else straight lines between pixels."""
    smaller = height <= plane.shape[0] and width <= plane.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=how), np.uint8)


def to_grey(brightness: Plane, colours: Colours) -> Plane:
    """The same from 0 for black to 255 for white."""
    high, low = _find_range(colours)
    return np.asarray(cv2.addWeighted(brightness, high, brightness, 0, -high * low), np.uint8)


def _find_range(colours: Colours) -> tuple[float, int]:
    """What a step of brightness is worth, and the number of black."""
    return (1.0, 0) if colours.full else (255 / 219, 16)


@lru_cache
def _find_weights(colours: Colours) -> tuple[float, float, float, float]:
    """What steps of the colour differences are worth (ITU-R BT.601, section 2.5).

    Returns:
        Cr in red, Cb in blue, and by how much Cr and Cb take green away.
    """
    red, blue = colours.shares
    step = 1.0 if colours.full else 255 / 224
    of_red, of_blue = 2 * (1 - red) * step, 2 * (1 - blue) * step
    green = 1 - red - blue
    return of_red, of_blue, of_red * red / green, of_blue * blue / green


class PictureReader:
    """Takes pictures from a pipe into which ffmpeg writes them.

    Attributes:
        size: Bytes of each.
    """

    def __init__(self, height: int, width: int, colours: Colours) -> None:
        self._fine = height, width
        self._coarse = -(-height // COARSER), -(-width // COARSER)
        self.size = len(_MARK) + prod(self._fine) + 2 * prod(self._coarse)
        self._colours, self._begun = colours, False

    def read(self, pipe: IO[bytes]) -> Picture | None:
        """Read one whole picture; None at the end, a part of one counting as the end."""
        if not self._begun:
            self._begun = True
            if head := pipe.readline():
                _check(head.startswith(_HEAD))
        data = np.empty(self.size, np.uint8)
        filled: int = pipe.readinto(data.data)  # type: ignore[attr-defined]
        if filled < self.size:
            return None
        _check(data[: len(_MARK)].tobytes() == _MARK)
        ends = np.cumsum([len(_MARK), prod(self._fine), prod(self._coarse)])
        _, bright, blue, red = np.split(data, ends)
        differences = blue.reshape(self._coarse), red.reshape(self._coarse)
        return Picture(bright.reshape(self._fine), differences, self._colours)


def _check(fits: bool) -> None:
    if not fits:
        raise MediaError(
            "ffmpeg writes pictures in a way that isn't known",
            hint="Try another ffmpeg (AVSEP_FFMPEG), and report this.",
        )
