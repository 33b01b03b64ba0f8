"""The marked speaker in a frame."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from avsep.outputs.replay import video
from avsep.outputs.replay.overlay import DIMMED, FRAME, draw_label, mark_speaker

PORTRAIT = np.full((160, 160, 3), (0, 0, 255), np.uint8)
BOX = np.array([200, 60, 300, 180], np.float32)


def mark(frame, name, box):
    return mark_speaker(frame, draw_label(name, PORTRAIT, *frame.shape[:2]), box)


@pytest.fixture
def frame():
    return np.full((360, 640, 3), 200, np.uint8)


def test_the_face_stays_bright_in_a_frame_and_all_else_is_dimmed(frame):
    marked = mark(frame, "Anna", BOX)
    assert (marked[120, 250] == 200).all()
    assert (marked[30, 600] == int(200 * DIMMED)).all()
    assert (marked[120, 180:190] == FRAME).all(1).any()
    assert (frame == 200).all()


def test_name_and_portrait_stand_below(frame):
    plate = mark(frame, "Anna", None)[300:]
    assert (plate == PORTRAIT[0, 0]).all(2).any()
    other = mark(frame, "Ben", None)[300:]
    assert (plate != other).any()


@pytest.mark.parametrize("name", ["Zoë Łukasz", "<b>&", "W" * 300, "Мария"])
def test_any_name_fits(frame, name):
    marked = mark(frame, name, BOX)
    assert (marked[300:, -20:] == int(200 * DIMMED)).all()


def test_a_face_half_outside_and_a_tiny_picture_can_be_marked():
    small = np.full((30, 40, 3), 90, np.uint8)
    box = np.array([-10, -10, 20, 80], np.float32)
    assert mark(small, "Anna", box).shape == small.shape


class Person:
    """Counts how often their portrait is asked for, which lies in a file."""

    clips = ()
    asked = 0

    @property
    def portrait(self):
        self.asked += 1
        return PORTRAIT


def test_a_portrait_is_read_once_for_a_whole_piece(frame):
    speaker = SimpleNamespace(name="Anna", person=Person())
    marked = list(video._mark(iter([frame] * 25), speaker, 10, 360))
    assert speaker.person.asked == 1
    assert len(marked) == 25
    assert (marked[0] == mark(frame, "Anna", None)).all()
    assert (marked[0] == marked[24]).all()
