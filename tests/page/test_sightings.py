"""Faces are told of while they are looked for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avsep.faces.detectors import Face
from avsep.faces.scan import Looking, look_for_people
from avsep.media.probing import probe
from avsep.page.sightings import MOST, Sightings

EYES_TO_MOUTH = [(-6, -8), (6, -8), (0, 0), (-5, 9), (5, 9)]


def face(x: float) -> Face:
    points = np.array([(x + dx, 50 + dy) for dx, dy in EYES_TO_MOUTH], np.float32)
    return Face(np.array([x - 15, 25, x + 15, 75], np.float32), points, 0.99)


@pytest.mark.parametrize("embed", [None, lambda portraits: np.ones((len(portraits), 1))])
def test_everybody_is_spotted_once_and_long_before_the_end(clip, tmp_path, number_of, embed):
    """One face from the first frame on, a second from frame 20 on, of 50."""
    told = []

    def detect(image):
        now.append(number_of(image))
        return [face(30)] if now[-1] < 20 else [face(30), face(130)]

    def spot(portrait):
        told.append((now[-1], portrait.shape))

    now = []
    look_for_people(probe(clip), Looking(detect, embed, 16, 0, spot), tmp_path)
    assert [shape for _, shape in told] == [(160, 160, 3)] * 2
    first, second = (frame for frame, _ in told)
    assert 12 <= first <= 30
    assert 32 <= second <= 48


def test_a_face_like_one_before_is_not_told_of_again():
    told = []
    grey, light = (np.full((160, 160, 3), level, np.uint8) for level in (60, 200))
    look = {60: (1.0, 0.0), 200: (0.0, 1.0)}
    embed = lambda portraits: np.array([look[p[0, 0, 0]] for p in portraits])  # noqa: E731
    sightings = Sightings(told.append, embed)
    for portrait in (grey, grey, light, grey):
        sightings(portrait)
    seen = [cv2.imdecode(np.frombuffer(s.portrait, np.uint8), cv2.IMREAD_COLOR) for s in told]
    assert [round(float(image.mean())) for image in seen] == [60, 200]


def test_thousands_of_faces_flood_nobody():
    told = []
    sightings = Sightings(told.append, None)
    for _ in range(MOST + 50):
        sightings(np.zeros((160, 160, 3), np.uint8))
    assert len(told) == MOST
