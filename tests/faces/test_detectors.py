from __future__ import annotations

import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from avsep.arrays import Image
from avsep.errors import FaceError, SettingError
from avsep.faces import detectors as faces
from avsep.faces.detectors import (
    Face,
    FaceDetector,
    choose_five,
    drop_doubles,
    load_detector,
    measure_overlap,
    retinaface,
)


def face(left: float, top: float, size: float, score: float = 0.9) -> Face:
    box = np.array([left, top, left + size, top + size], np.float32)
    return Face(box, np.tile(box[:2] + size / 2, (5, 1)), score)


def portrait(side: int) -> Image:
    """A drawn face, good enough for the network."""
    image = np.full((400, 400, 3), (90, 110, 130), np.uint8)
    cv2.ellipse(image, (200, 200), (120, 160), 0, 0, 360, (205, 160, 135), -1, cv2.LINE_AA)
    cv2.ellipse(image, (200, 95), (125, 70), 0, 180, 360, (50, 35, 30), -1, cv2.LINE_AA)
    for x in (150, 250):
        cv2.ellipse(image, (x, 170), (24, 12), 0, 0, 360, (245, 245, 245), -1, cv2.LINE_AA)
        cv2.circle(image, (x, 170), 10, (40, 30, 25), -1, cv2.LINE_AA)
        cv2.ellipse(image, (x, 150), (32, 10), 0, 180, 360, (60, 40, 35), 6, cv2.LINE_AA)
    cv2.line(image, (200, 180), (190, 230), (165, 120, 100), 6, cv2.LINE_AA)
    cv2.line(image, (190, 232), (212, 232), (150, 100, 85), 6, cv2.LINE_AA)
    cv2.ellipse(image, (200, 280), (45, 16), 0, 0, 360, (170, 70, 75), -1, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), 2)
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def detect() -> FaceDetector:
    return retinaface(threads=1)


@pytest.mark.parametrize("side", [60, 192, 500])
def test_a_face_that_fills_the_picture_is_found(detect: FaceDetector, side: int) -> None:
    (found,) = detect(portrait(side))
    expected = np.array([(150, 170), (250, 170), (200, 230), (155, 280), (245, 280)]) / 400
    assert np.abs(found.points / side - expected).max() < 0.06


def test_points_are_fractions_of_pixels(detect: FaceDetector) -> None:
    (found,) = detect(portrait(192))
    assert np.abs(found.points - found.points.round()).max() > 0.01


def test_a_shifted_face_shifts_its_points(detect: FaceDetector) -> None:
    wide = np.full((300, 500, 3), 100, np.uint8)
    places = []
    for x in (32, 192):
        image = wide.copy()
        image[40:232, x : x + 192] = portrait(192)
        (found,) = detect(image)
        places.append(found.points)
    np.testing.assert_allclose(places[1] - places[0], np.tile([160, 0], (5, 1)), atol=0.5)


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (90, 160), (333, 77)])
def test_a_black_picture_of_any_shape_has_no_faces(
    detect: FaceDetector, shape: tuple[int, int]
) -> None:
    assert detect(np.zeros((*shape, 3), np.uint8)) == []


def test_the_first_of_two_boxes_on_each_other_stays() -> None:
    best, same, other = face(0, 0, 10), face(1, 1, 10), face(30, 0, 10)
    assert drop_doubles([best, same, other]) == [best, other]


def test_no_faces_have_no_doubles() -> None:
    assert drop_doubles([]) == []


def test_the_overlap_of_half_shifted_boxes_is_a_third() -> None:
    box = np.array([0, 0, 10, 10], np.float32)
    others = np.array([[5, 0, 15, 10], [0, 0, 10, 10], [50, 50, 60, 60]], np.float32)
    assert measure_overlap(box, others) == pytest.approx([1 / 3, 1, 0])


def test_an_unknown_detector_is_told_with_the_known_ones() -> None:
    with pytest.raises(SettingError, match="called yolo") as caught:
        load_detector("yolo")
    assert "face-alignment" in caught.value.hint


def test_a_missing_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "retinaface.weights", None)
    with pytest.raises(FaceError, match="not installed"):
        load_detector("auto")


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "face_alignment", None)
    with pytest.raises(FaceError, match="face-alignment is not installed"):
        load_detector("face-alignment")


def stand_in(monkeypatch: pytest.MonkeyPatch, networks: object) -> None:
    """Put something else in the place of package face-alignment."""
    package = SimpleNamespace(
        FaceAlignment=networks, LandmarksType=SimpleNamespace(TWO_D=1), __name__="face_alignment"
    )
    monkeypatch.setattr(faces, "import_module", lambda _: package)


def test_weights_that_cannot_be_fetched_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    stand_in(monkeypatch, fail)
    with pytest.raises(FaceError, match="Name or service") as caught:
        load_detector("face-alignment")
    assert "checkpoints" in caught.value.hint


def test_the_68_points_of_face_alignment_become_five(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = np.arange(136, dtype=np.float32).reshape(68, 2)
    networks = SimpleNamespace(
        face_detector=SimpleNamespace(
            detect_from_image=lambda _: [np.array([10, 20, 110, 140, 0.8])]
        ),
        get_landmarks_from_image=lambda _, detected_faces: [shape] * len(detected_faces),
    )
    stand_in(monkeypatch, lambda *_, **__: networks)
    (found,) = load_detector("face-alignment")(np.zeros((200, 200, 3), np.uint8))
    assert found.box.tolist() == [10, 20, 110, 140]
    assert found.points.tolist() == choose_five(shape).tolist()
    assert found.points[3].tolist() == shape[48].tolist()


def test_face_alignment_finds_nothing_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = SimpleNamespace(face_detector=SimpleNamespace(detect_from_image=lambda _: []))
    stand_in(monkeypatch, lambda *_, **__: networks)
    assert load_detector("face-alignment")(np.zeros((20, 20, 3), np.uint8)) == []
