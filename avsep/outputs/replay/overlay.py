"""A picture with one speaker marked: the face framed, all else dimmed, the name below."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Drawing
from PIL import ImageDraw, ImageFont

from avsep.arrays import Image

# Fonts that hold many scripts, where a machine has them; else Pillow's own.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf")
DIMMED = 0.45  # of the brightness
ROOM = 0.15  # of a face's size, left free round it
FRAME, PAPER, INK = (255, 196, 0), (20, 20, 24), (250, 250, 248)
LABEL_HEIGHT = 0.11  # of the picture's
EDGE = 0.18  # of the label's height


def mark_speaker(image: Image, label: Image, box: NDArray[np.float32] | None) -> Image:
    """A copy of a picture with one speaker marked.

    Args:
        image: Shape (height, width, 3).
        label: Who it is, made by `draw_label`.
        box: left, top, right, bottom of their face in pixels; None where it isn't seen.
    """
    marked = image if box is None else _frame(image, box)
    return _lay_over(marked, label)


def _frame(image: Image, box: NDArray[np.float32]) -> Image:
    height, width, _ = image.shape
    room = ROOM * float(max(box[2] - box[0], box[3] - box[1]))
    grown = np.rint(box + np.array([-room, -room, room, room], np.float32)).astype(int)
    left, top, right, bottom = np.clip(grown, 0, (width, height, width, height)).tolist()
    marked = (image * np.float32(DIMMED)).astype(np.uint8)
    marked[top:bottom, left:right] = image[top:bottom, left:right]
    cv2.rectangle(marked, (left, top), (right, bottom), FRAME, max(2, height // 180), cv2.LINE_AA)
    return marked


def _lay_over(image: Image, label: Image) -> Image:
    """The label in the lower left corner."""
    laid = image.copy()
    edge = max(1, image.shape[0] // 40)
    height, width = (
        min(a, b - edge) for a, b in zip(label.shape[:2], image.shape[:2], strict=True)
    )
    bottom = image.shape[0] - edge
    laid[bottom - height : bottom, edge : edge + width] = label[:height, :width]
    return laid


def draw_label(name: str, portrait: Image, height: int, width: int) -> Image:
    """Portrait and name on a plate, no wider than nine tenths of the picture.

    Args:
        name: Who it is.
        portrait: A good look at them, shape (side, side, 3).
        height: Of the picture, pixels.
        width: The same.
    """
    tall = max(16, round(LABEL_HEIGHT * height))
    edge = max(2, round(EDGE * tall))
    widest = max(1, round(0.9 * width) - tall - 2 * edge)
    font = load_font(tall - 2 * edge)
    text = _shorten(name, font, widest)
    wide = tall + 2 * edge + round(font.getlength(text))
    plate = Drawing.new("RGB", (wide, tall), PAPER)
    face = Drawing.fromarray(portrait)
    plate.paste(face.resize((tall, tall)), (0, 0))
    ImageDraw.Draw(plate).text((tall + edge, tall // 2), text, INK, font, anchor="lm")
    return np.array(plate, np.uint8)


def _shorten(name: str, font: ImageFont.FreeTypeFont, widest: int) -> str:
    if font.getlength(name) <= widest:
        return name
    while name and font.getlength(name + "…") > widest:
        name = name[:-1]
    return name + "…"


@lru_cache(maxsize=8)
def load_font(size: int) -> ImageFont.FreeTypeFont:
    """The best font there is, letters about as high as asked."""
    for font in FONTS:
        try:
            return ImageFont.truetype(font, size)
        except OSError:
            continue
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found
