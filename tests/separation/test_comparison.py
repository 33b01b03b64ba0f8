"""Which stretches of a recording are compared."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from avsep.separation.comparison import ENOUGH, REACH, WINDOW, WINDOWS, choose_windows, cover, thin


def see(*spans, talks=lambda start: 0):
    """Somebody who is seen then, and whose mouth moves as much as that says."""

    def read(start, stop):
        noise = np.random.default_rng(start).uniform(0, 1, (stop - start, 20, 20))
        return (noise * talks(start)).astype(np.uint8)

    tracks = (SimpleNamespace(start=start, stop=stop) for start, stop in spans)
    return SimpleNamespace(clips=[SimpleNamespace(track=track, read=read) for track in tracks])


def list_starts(windows):
    return [start for _, start in windows]


@pytest.mark.parametrize(
    ("span", "starts"),
    [
        ((0, WINDOW - 1), []),
        ((7, 7 + WINDOW), [7]),
        ((-20, 300), [0, 88, 175]),
        ((0, 3000), None),
    ],
)
def test_windows_cover_a_clip(span, starts):
    found = list_starts(cover(see(span)))
    if starts is not None:
        assert found == starts
    else:
        assert (found[0], found[-1]) == (0, 3000 - WINDOW)
        assert max(np.diff(found)) <= WINDOW - 2 * REACH + 1


def test_of_a_short_recording_all_is_compared():
    person = see((0, 400), (700, 900))
    assert choose_windows(person) == cover(person)
    assert choose_windows(see((0, 50))) == []


def test_those_are_compared_in_which_the_mouth_moves_most():
    starts = list_starts(choose_windows(see((0, 5000), talks=lambda start: 255 * (start > 2500))))
    assert len(starts) == WINDOWS
    assert starts == sorted(starts)
    assert starts[0] > 2500


def test_every_part_of_a_long_recording_is_compared():
    frames = 10 * ENOUGH * (WINDOW - 2 * REACH)
    person = see((0, frames), talks=lambda start: 255 * (start < 3000))
    starts = list_starts(choose_windows(person))
    assert len(starts) == 10 * WINDOWS
    assert max(np.diff(starts)) < frames / 5


def test_stretches_are_thinned_evenly():
    assert thin(range(100), 4) == range(0, 100, 25)
    assert thin(range(3), 4) == range(3)
