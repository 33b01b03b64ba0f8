"""Who speaks when, from powers that are known."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.separation.activity import find_crosstalk, find_speech, measure_loud

SPEECH, LEAK = 1e-2, 1e-5
FRAMES = 200


def powers(*stretches: tuple[int, int]) -> np.ndarray:
    row = np.full(FRAMES, LEAK, np.float32)
    for start, stop in stretches:
        row[start:stop] = SPEECH
    return row


def speech(*rows: np.ndarray, seen: np.ndarray | None = None, motion: float = 1.0) -> list:
    voices = np.stack(rows)
    there = np.ones(voices.shape, np.bool_) if seen is None else seen
    mixture, lips = voices.sum(0), np.full_like(voices, motion)
    return find_speech(voices, mixture, lips, there, measure_loud(mixture))


def test_who_speaks_is_found_to_a_few_pictures():
    first, second = speech(powers((20, 80)), powers((60, 150)))
    np.testing.assert_allclose([*first, *second], [(20, 80), (60, 150)], atol=3)


def test_a_silent_face_that_a_little_leaks_to_does_not_speak():
    assert speech(powers((0, FRAMES)), powers())[1] == ()


def test_nobody_speaks_where_nothing_is_heard():
    silence = np.zeros(FRAMES, np.float32)
    assert speech(silence, silence) == [(), ()]
    once = silence.copy()
    once[100:105] = SPEECH  # in 2 % of the time
    assert speech(once, silence)[1] == ()
    ((start, stop),) = speech(once, silence)[0]
    assert (start, stop) == (pytest.approx(100, abs=4), pytest.approx(105, abs=4))


def test_still_lips_need_the_louder_voice():
    faint = powers() + SPEECH / 20
    assert speech(powers((0, FRAMES)), faint)[1] == ((0, FRAMES),)
    assert speech(powers((0, FRAMES)), faint, motion=0.0)[1] == ()


def test_silence_is_no_speech_however_it_is_shared():
    assert speech(powers((150, 200)), np.full(FRAMES, LEAK, np.float32))[1] == ()


def test_nobody_speaks_where_nobody_is_seen():
    seen = np.zeros((1, FRAMES), np.bool_)
    assert speech(powers((20, 80)), seen=seen) == [()]


def test_a_breath_does_not_end_a_sentence():
    assert len(speech(powers((20, 60), (65, 100)))[0]) == 1
    assert len(speech(powers((20, 60), (80, 120)))[0]) == 2


def test_a_click_is_no_speech():
    assert speech(powers((50, 51)), powers((100, 160)))[0] == ()


def test_crosstalk_is_when_two_speak():
    assert find_crosstalk([[(0, 9)], [(5, 20)], [(7, 8), (15, 16)]]) == ((5, 9), (15, 16))
    assert find_crosstalk([[(0, 9), (9, 12)]]) == ()
    assert find_crosstalk([]) == ()
