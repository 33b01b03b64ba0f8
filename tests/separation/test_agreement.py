"""Whether lips go with what is heard."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.separation import agreement
from avsep.separation.agreement import measure_agreement, tell_strangers
from avsep.separation.delay import REACH, WINDOW

NETWORK = SimpleNamespace(config=SimpleNamespace(cue_bands=10))


@pytest.fixture
def compared(monkeypatch):
    """Where lips and sound were compared; they agree at their time in the first 20 s alone."""
    starts = []

    def compare(network, sound, clip, start):
        starts.append(start)
        scores = np.zeros(2 * REACH + 1)
        scores[REACH] = 0.31 if start < 4 * WINDOW else 0.0
        return scores

    monkeypatch.setattr(agreement, "compare", compare)
    return starts


def see(*spans):
    clips = []
    for start, stop in spans:
        boxes, points = np.zeros((stop - start, 4)), np.zeros((stop - start, 5, 2))
        clips.append(LipClip(Track(1, start, boxes, points, 0), Path(), 80))
    return Person(1, tuple(clips))


def test_lips_that_go_with_the_sound_agree_by_more_than_chance(compared):
    found = measure_agreement(NETWORK, None, see((0, 2 * WINDOW)), [(0, 2 * WINDOW)])
    assert found == pytest.approx(0.3)


def test_only_what_somebody_says_is_looked_at(compared):
    said = [(WINDOW, 2 * WINDOW), (3 * WINDOW, 3 * WINDOW + 60), (4 * WINDOW, 4 * WINDOW + 20)]
    assert measure_agreement(NETWORK, None, see((0, 9 * WINDOW)), said) == pytest.approx(0.3)
    assert compared == [WINDOW, 3 * WINDOW]


def test_a_long_recording_is_looked_at_all_over_but_not_everywhere(compared):
    long = 100 * WINDOW
    found = measure_agreement(NETWORK, None, see((-30, long)), [(0, long)])
    assert len(compared) <= agreement.WINDOWS
    assert max(compared) > long / 2
    assert found < 0.1


def test_of_too_little_speech_nothing_is_said(compared):
    assert measure_agreement(NETWORK, None, see((0, WINDOW)), [(0, WINDOW)]) is None
    assert measure_agreement(NETWORK, None, see((0, 900)), []) is None


@pytest.mark.parametrize(
    ("agreements", "doubted"),
    [([0.02, None, 0.05], True), ([0.02, 0.2], False), ([None, None], False), ([], False)],
)
def test_strangers_are_said_only_where_nobody_agrees(agreements, doubted):
    speakers = [SimpleNamespace(agreement=each) for each in agreements]
    assert bool(tell_strangers(speakers)) == doubted
