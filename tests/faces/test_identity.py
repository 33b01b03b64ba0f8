from __future__ import annotations

from dataclasses import replace

import numpy as np

from avsep.faces.identity import join_shots
from avsep.faces.tracks import Track


def track(start: int, x: float, shot: int, person: int = 0, size: float = 60) -> Track:
    """Ten frames of somebody who sits still."""
    box = np.array([x, 50, x + size, 50 + size], np.float32)
    return Track(person, start, np.tile(box, (10, 1)), np.zeros((10, 5, 2), np.float32), shot)


def names(tracks: list[Track], looks: np.ndarray | None = None) -> list[int]:
    return [track.person for track in join_shots(tracks, looks)]


def test_people_are_numbered_by_first_appearance_from_left_to_right() -> None:
    assert names([track(5, 10, 0), track(0, 400, 0), track(0, 100, 0)]) == [3, 2, 1]


def test_the_same_seat_after_a_cut_is_the_same_person() -> None:
    assert names([track(0, 100, 0), track(20, 300, 1), track(40, 104, 2)]) == [1, 2, 1]


def test_another_size_after_a_cut_is_another_person() -> None:
    assert names([track(0, 100, 0), track(20, 100, 1, size=120)]) == [1, 2]


def test_another_look_in_the_same_seat_is_another_person() -> None:
    looks = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    assert names([track(0, 100, 0), track(20, 100, 1), track(40, 100, 2)], looks) == [1, 2, 1]


def test_two_at_once_are_never_one() -> None:
    assert names([track(0, 100, 0), track(5, 102, 1)]) == [1, 2]


def test_who_was_known_within_a_shot_stays_one() -> None:
    assert names([track(0, 100, 0, person=7), track(30, 500, 0, person=7)]) == [1, 1]


def test_who_looks_the_same_elsewhere_in_the_shot_is_the_same_person() -> None:
    looks = np.array([[1, 0], [0, 1], [0.8, 0.6]], np.float32)
    assert names([track(0, 100, 0), track(20, 500, 0), track(40, 700, 0)], looks) == [1, 2, 1]


def test_who_is_back_in_their_seat_within_a_second_is_the_same_person() -> None:
    looks = np.array([[1, 0], [0, 1]], np.float32)
    assert names([track(0, 100, 0), track(21, 104, 0)], looks) == [1, 1]
    assert names([track(0, 100, 0), track(60, 104, 0)], looks) == [1, 2]
    assert names([track(0, 100, 0), track(21, 200, 0)], looks) == [1, 2]


def test_nobody_has_no_names() -> None:
    assert join_shots([]) == []


def turned(*degrees: float) -> np.ndarray:
    """Unit vectors at angles from each other."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def known(tracks: list[Track], *degrees: float) -> list[int]:
    return [track.person for track in join_shots(tracks, faces=turned(*degrees))]


def test_a_face_is_known_again_at_another_place_and_size() -> None:
    tracks = [track(0, 100, 0), track(0, 300, 0), track(20, 300, 1, size=150)]
    assert known(tracks, 0, 90, 10) == [1, 2, 1]


def test_another_face_in_the_same_seat_is_another_person() -> None:
    assert known([track(0, 100, 0), track(20, 100, 1)], 0, 30) == [1, 2]


def test_two_with_one_face_who_are_seen_at_once_are_two() -> None:
    assert known([track(0, 100, 0), track(5, 300, 0)], 0, 1) == [1, 2]


def test_who_meets_one_of_a_persons_tracks_is_not_that_person() -> None:
    tracks = [track(0, 100, 0), track(20, 100, 1), track(20, 300, 1)]
    assert known(tracks, 0, 2, 4) == [1, 1, 2]


def test_faces_between_two_people_do_not_chain_them_together() -> None:
    tracks = [track(20 * number, 100, number) for number in range(5)]
    first, *_, last = known(tracks, 0, 15, 30, 45, 60)
    assert first != last


def test_people_known_by_their_faces_are_numbered_by_first_appearance() -> None:
    tracks = [track(40, 100, 2), track(20, 100, 1), track(0, 300, 0), track(0, 100, 0)]
    assert known(tracks, 2, 88, 90, 0) == [1, 2, 2, 1]


def test_another_face_in_the_same_seat_of_one_shot_is_another_person() -> None:
    tracks = [track(start, 100, 0, person=7) for start in (0, 35)]
    long = [replace(one, boxes=one.boxes.repeat(3, 0)) for one in tracks]
    assert known(long, 0, 30) == [1, 2]
    assert known(long, 0, 15) == [1, 1]


def test_one_alone_is_the_first() -> None:
    assert known([track(0, 100, 0)], 0) == [1]
