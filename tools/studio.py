"""The studio of the example videos: a wall, a desk, two panels in which people are seen."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Image

WIDTH, HEIGHT = 1280, 720  # px
PANEL = 368  # px, side of the square in which one person is seen
PANEL_TOP = 138  # px
CENTRES = 392, 888  # px, middle of the left and of the right panel
CORNER, EDGE = 14, 6  # px, radius of a panel's corners, width of the frame round it
DESK_TOP = 596  # px
# RGB
WALL_COLOUR, DESK_COLOUR, EDGE_COLOUR = (214, 203, 190), (74, 56, 46), (38, 36, 36)


def draw_wall() -> Image:
    """A plaster wall in the light of two lamps, and the dark top of a desk."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    light = np.full((HEIGHT, WIDTH), 0.62, np.float32)
    for centre in CENTRES:
        across, down = (columns - centre) / 330, (rows - 250) / 330
        light += 0.33 * np.exp(-(across**2 + down**2))
    desk = np.clip((rows - DESK_TOP) / 2, 0, 1)[..., None]
    shade = np.exp(-np.clip(rows - DESK_TOP, 0, None) / 60)[..., None]
    wall = light[..., None] * np.array(WALL_COLOUR)
    wood = (0.75 + 0.35 * shade * light[..., None]) * np.array(DESK_COLOUR)
    grain = np.random.default_rng(0).normal(0, 0.6, (HEIGHT, WIDTH, 1))
    return to_image(wall * (1 - desk) + wood * desk + grain)


def hang_frames(wall: Image) -> Image:
    """Draw the shadow and the dark edge of every panel onto the wall."""
    shadow, edge = np.zeros((2, HEIGHT, WIDTH), np.float32)
    margin = round_square(PANEL + 2 * EDGE, CORNER + EDGE)
    for centre in CENTRES:
        left, top = centre - PANEL // 2 - EDGE, PANEL_TOP - EDGE
        place(shadow, margin, left, top + 16)
        place(edge, margin, left, top)
    shadow = 1 - 0.45 * cv2.GaussianBlur(shadow, (0, 0), 18)[..., None]
    edge = edge[..., None]
    return to_image(wall * shadow * (1 - edge) + np.array(EDGE_COLOUR) * edge)


def place(canvas: NDArray[np.float32], stamp: NDArray[np.float32], left: int, top: int) -> None:
    """Lay a stamp onto a canvas where the canvas is darker."""
    height, width = stamp.shape
    spot = canvas[top : top + height, left : left + width]
    np.maximum(spot, stamp, out=spot)


def round_square(side: int, radius: int) -> NDArray[np.float32]:
    """1 inside a square with round corners, 0 outside, soft over one pixel."""
    offset = np.abs(np.arange(side) - (side - 1) / 2) - (side / 2 - radius)
    beyond = np.clip(offset, 0, None)
    return np.clip(radius + 0.5 - np.hypot(beyond[:, None], beyond), 0, 1).astype(np.float32)


def to_image(values: NDArray[np.floating]) -> Image:
    """Round to whole colours."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def draw_scene(left: list[Image], right: list[Image]) -> Iterator[Image]:
    """Every frame of a scene: two people, image by image, in their panels on the wall."""
    wall = hang_frames(draw_wall())
    mask = round_square(PANEL, CORNER)[..., None]
    for images in zip(left, right, strict=True):
        frame = wall.copy()
        for centre, image in zip(CENTRES, images, strict=True):
            spot = frame[PANEL_TOP:, centre - PANEL // 2 :][:PANEL, :PANEL]
            spot[:] = to_image(spot * (1 - mask) + image * mask)
        yield frame
