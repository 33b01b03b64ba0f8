"""Whether lips go with what is heard."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.separation import agreement
from avsep.separation.agreement import LEAST, STRANGE, measure_agreement, tell_strangers
from avsep.separation.comparison import REACH, WINDOW, WINDOWS

NETWORK = SimpleNamespace(config=SimpleNamespace(cue_bands=10))
SIDE = 20
LONG = 12 * WINDOW


class Hum:
    """A sound of one sample a frame, off from some frame on."""

    sample_rate = 25

    def __init__(self, stop=10**6):
        self.stop = stop

    def read_mono(self, start, stop):
        return np.where(np.arange(start, stop) < self.stop, np.float32(0.1), np.float32(0))


HUM = Hum()


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


@pytest.fixture
def see(tmp_path):
    """Somebody who is seen for so many frames, and whose mouth moves in some of them."""

    def make(frames, moves=()):
        lively = np.zeros(frames)
        for start, stop in moves:
            lively[start:stop] = 255
        noise = np.random.default_rng(0).uniform(0, 1, (frames, SIDE, SIDE))
        path = tmp_path / "mouths"
        (noise * lively[:, None, None]).astype(np.uint8).tofile(path)
        boxes, points = np.zeros((frames, 4)), np.zeros((frames, 5, 2))
        return Person(1, (LipClip(Track(1, 0, boxes, points, 0), path, SIDE),))

    return make


def test_lips_that_go_with_the_sound_agree_by_more_than_chance(compared, see):
    first = (0, 3 * WINDOW)
    assert measure_agreement(NETWORK, HUM, see(LONG), [first]) == pytest.approx(0.3)


def test_who_is_dubbed_is_looked_at_where_only_their_lips_speak(compared, see):
    found = measure_agreement(NETWORK, HUM, see(LONG, [(0, LONG)]), [(LONG - 99, LONG - 50)])
    assert max(compared) - min(compared) > LONG / 2
    assert found < STRANGE


def test_who_mostly_listens_is_looked_at_where_they_speak(compared, see):
    said = (0, 4 * WINDOW)
    found = measure_agreement(NETWORK, HUM, see(LONG, [said]), [said])
    assert max(compared) < 4 * WINDOW
    assert found == pytest.approx(0.3)


def test_a_long_recording_is_looked_at_all_over_but_not_everywhere(compared, see):
    long = 40 * WINDOW
    found = measure_agreement(NETWORK, HUM, see(long), [(0, long)])
    assert len(compared) <= WINDOWS
    assert max(compared) > long / 2
    assert found < STRANGE


def test_lips_are_compared_with_nothing_where_the_microphone_is_off(compared, see):
    off = Hum(4 * WINDOW)
    person = see(LONG, [(0, LONG)])
    assert measure_agreement(NETWORK, off, person, [(0, 4 * WINDOW)]) == pytest.approx(0.3)
    assert max(compared) < 4 * WINDOW


def test_of_too_little_speech_nothing_is_said(compared, see):
    assert measure_agreement(NETWORK, HUM, see(WINDOW), [(0, WINDOW)]) is None
    assert measure_agreement(NETWORK, HUM, see(LONG, [(0, LONG)]), []) is None
    blind = SimpleNamespace(config=SimpleNamespace(cue_bands=0))
    assert measure_agreement(blind, HUM, see(LONG), [(0, LONG)]) is None
    assert measure_agreement(NETWORK, HUM, see(50), [(0, 50)]) is None
    assert LEAST * WINDOW < LONG


@pytest.mark.parametrize(
    ("agreements", "told"),
    [
        ([0.02, 0.05], "Nobody's lips go"),
        ([0.02], "Nobody's lips go"),
        ([0.02, 0.2], "with the lips of speaker-1:"),
        ([0.2, 0.02, None, 0.05], "with the lips of speaker-2, speaker-4:"),
        ([0.2, 0.13], None),
        ([None, None], None),
        ([], None),
    ],
)
def test_those_are_named_whose_lips_say_something_else(agreements, told):
    speakers = [
        SimpleNamespace(name=f"speaker-{number}", agreement=each)
        for number, each in enumerate(agreements, 1)
    ]
    sentences = tell_strangers(speakers)
    assert len(sentences) == (told is not None)
    assert not told or told in sentences[0]
