from __future__ import annotations

import cv2
import numpy as np
import pytest

from avsep.faces.alignment import (
    MOUTH_MIDDLE,
    REFERENCE,
    Square,
    cut_out,
    describe_look,
    fit_similarity,
    judge_pose,
    judge_sharpness,
    smooth,
)
from picture_set import as_picture


def place(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    """The reference face somewhere in a frame, shape (5, 2)."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return REFERENCE @ (scale * turn).T + shift


@pytest.mark.parametrize("degrees", [0, 30, -90, 180])
def test_a_turned_and_scaled_face_is_brought_back(degrees: float) -> None:
    points = place(2.5, degrees, (300, 200))
    matrix = fit_similarity(points[None], REFERENCE)[0]
    np.testing.assert_allclose(points @ matrix[:, :2].T + matrix[:, 2], REFERENCE, atol=1e-3)


def test_points_that_coincide_give_finite_numbers() -> None:
    assert np.isfinite(fit_similarity(np.full((1, 5, 2), 7.0), REFERENCE)).all()


def test_smoothing_leaves_what_stands_still() -> None:
    still = np.tile(REFERENCE, (20, 1, 1))
    np.testing.assert_allclose(smooth(still, 2.0), still, rtol=1e-5)


def test_smoothing_calms_trembling() -> None:
    trembling = REFERENCE + np.random.default_rng(0).normal(0, 1, (60, 5, 2))
    calm = smooth(trembling, 2.0)
    assert np.diff(calm, 2, axis=0).std() < 0.1 * np.diff(trembling, 2, axis=0).std()


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.7])
@pytest.mark.parametrize("degrees", [0, 40])
def test_the_mouth_comes_to_lie_in_the_middle(scale: float, degrees: float) -> None:
    points = place(scale, degrees, (250, 150))
    mouth = points[3:].mean(axis=0)
    image = np.zeros((700, 700), np.uint8)
    # Whole pixels are drawn about their middles, half a pixel from their corners.
    cv2.circle(
        image,
        tuple(np.round((mouth - 0.5) * 16).astype(int)),
        int(96 * scale),
        255,
        -1,
        cv2.LINE_AA,
        4,
    )
    crop = cut_out(image, fit_similarity(points[None], REFERENCE)[0], Square(MOUTH_MIDDLE, 80, 80))
    rows, columns = np.nonzero(crop > 127)
    assert abs(rows.mean() - 39.5) < 0.6
    assert abs(columns.mean() - 39.5) < 0.6


def test_a_finer_crop_shows_the_same_region() -> None:
    image = np.random.default_rng(0).integers(0, 255, (30, 30)).astype(np.uint8)
    image = cv2.resize(image, (600, 600), interpolation=cv2.INTER_CUBIC)
    matrix = fit_similarity(place(3.0, 10, (100, 50))[None], REFERENCE)[0]
    coarse = cut_out(image, matrix, Square(MOUTH_MIDDLE, 80, 80))
    fine = cut_out(image, matrix, Square(MOUTH_MIDDLE, 80, 160))
    again = cv2.resize(fine, (80, 80), interpolation=cv2.INTER_AREA)
    assert np.abs(again.astype(int) - coarse).mean() < 2


def test_a_large_face_is_averaged_instead_of_sampled() -> None:
    checks = (np.indices((800, 800)).sum(axis=0) % 2 * 255).astype(np.uint8)
    matrix = fit_similarity(place(6.0, 0, (50, 50))[None], REFERENCE)[0]
    crop = cut_out(checks, matrix, Square(MOUTH_MIDDLE, 80, 80))
    assert np.abs(crop.astype(int) - 127).max() < 45


def test_the_edge_goes_on_beyond_the_picture() -> None:
    matrix = fit_similarity(place(1.0, 0, (-40, -90))[None], REFERENCE)[0]
    crop = cut_out(np.full((60, 60), 90, np.uint8), matrix, Square(MOUTH_MIDDLE, 80, 80))
    assert (crop == 90).all()


def test_a_larger_face_is_the_better_look() -> None:
    small, large = place(1, 0, (0, 0)), place(2, 0, (0, 0))
    scores = [judge_pose(p, fit_similarity(p[None], REFERENCE)[0]) for p in (small, large)]
    assert scores[0] < scores[1]


def test_a_face_turned_away_is_the_worse_look() -> None:
    front = place(2, 0, (0, 0))
    side = (front - front.mean(axis=0)) * (0.4, 1) + front.mean(axis=0)
    side[2] += (20, 0)
    scores = [judge_pose(p, fit_similarity(p[None], REFERENCE)[0]) for p in (side, front)]
    assert scores[0] < scores[1]


def test_blur_is_told_from_sharpness() -> None:
    sharp = np.random.default_rng(0).integers(0, 255, (80, 80, 3)).astype(np.uint8)
    assert judge_sharpness(cv2.GaussianBlur(sharp, (0, 0), 3)) < judge_sharpness(sharp)


def test_a_look_does_not_depend_on_light_and_size() -> None:
    image = np.random.default_rng(0).integers(50, 120, (12, 12, 3)).astype(np.uint8)
    image = cv2.resize(image, (240, 240), interpolation=cv2.INTER_CUBIC)
    points = place(1.5, 0, (30, 30))
    look = describe_look(as_picture(image), points)
    brighter = cv2.resize(image + 60, (480, 480), interpolation=cv2.INTER_LINEAR)
    assert look @ describe_look(as_picture(brighter), points * 2) > 0.95


def test_a_black_face_has_a_finite_look() -> None:
    black = np.zeros((99, 99, 3), np.uint8)
    assert np.isfinite(describe_look(as_picture(black), place(1, 0, (0, 0)))).all()
