"""The marked speaker in a picture."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.outputs.replay.overlay import DIMMED, FRAME, draw_label, mark_speaker

PORTRAIT = np.full((160, 160, 3), (0, 0, 255), np.uint8)
BOX = np.array([200, 60, 300, 180], np.float32)


def mark(picture, name, box):
    return mark_speaker(picture, draw_label(name, PORTRAIT, *picture.shape[:2]), box)


@pytest.fixture
def picture():
    return np.full((360, 640, 3), 200, np.uint8)


def test_the_face_stays_bright_in_a_frame_and_all_else_is_dimmed(picture):
    marked = mark(picture, "Anna", BOX)
    assert (marked[120, 250] == 200).all()
    assert (marked[30, 600] == int(200 * DIMMED)).all()
    assert (marked[120, 180:190] == FRAME).all(1).any()
    assert (picture == 200).all()


def test_name_and_portrait_stand_below(picture):
    plate = mark(picture, "Anna", None)[300:]
    assert (plate == PORTRAIT[0, 0]).all(2).any()
    other = mark(picture, "Ben", None)[300:]
    assert (plate != other).any()


@pytest.mark.parametrize("name", ["Zoë Łukasz", "<b>&", "W" * 300, "Мария"])
def test_any_name_fits(picture, name):
    marked = mark(picture, name, BOX)
    assert (marked[300:, -20:] == int(200 * DIMMED)).all()


def test_a_face_half_outside_and_a_tiny_picture_can_be_marked():
    small = np.full((30, 40, 3), 90, np.uint8)
    box = np.array([-10, -10, 20, 80], np.float32)
    assert mark(small, "Anna", box).shape == small.shape
