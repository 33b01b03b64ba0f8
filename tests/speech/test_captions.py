"""What is given to a recogniser, and what becomes of what it hears."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from avsep.speech.captions import (
    LONGEST,
    ROOM,
    Caption,
    cut_stretches,
    find_language,
    group_words,
    transcribe,
)

RATE = 16_000


@pytest.fixture
def voice(tmp_path):
    """Eight seconds, loud from 2 to 3 and from 5 to 7 s."""
    sound = np.zeros(8 * RATE, np.float32)
    sound[2 * RATE : 3 * RATE] = sound[5 * RATE : 7 * RATE] = 0.5
    soundfile.write(tmp_path / "Anna.16k.wav", sound, RATE)
    return tmp_path / "Anna.16k.wav"


def words(*texts: str, every: float = 0.5) -> list[Caption]:
    return [Caption(n * every, n * every + 0.3, text) for n, text in enumerate(texts)]


def test_silence_is_never_heard_by_the_recogniser(voice):
    heard = []
    list(transcribe(voice, [(50, 75), (125, 175)], lambda sound: heard.append(sound) or []))
    assert [sound.samples.shape for sound in heard] == [(1, RATE), (1, 2 * RATE)]
    assert all((np.abs(sound.samples) > 0.4).all() for sound in heard)


def test_captions_stand_at_their_time_in_the_recording(voice):
    captions = list(
        transcribe(voice, [(50, 75), (125, 175)], lambda _: [Caption(0.2, 0.8, " hello\n you ")])
    )
    assert [c.start for c in captions] == pytest.approx([2.2, 5.2])
    assert [c.stop for c in captions] == pytest.approx([2.8, 5.8])
    assert captions[0].text == "hello you"


def test_what_is_heard_outside_the_stretch_or_is_nothing_is_left_out(voice):
    heard = [Caption(-1, 0.5, "a"), Caption(0.6, 9, "b"), Caption(1.5, 2, "c"), Caption(0, 1, " ")]
    captions = list(transcribe(voice, [(50, 75)], lambda _: heard))
    assert [(c.start, c.stop, c.text) for c in captions] == [(2, 2.5, "a"), (2.6, 3, "b")]


def test_a_word_of_no_length_is_not_lost(voice):
    captions = list(transcribe(voice, [(50, 75)], lambda _: [Caption(0.2, 0.2, "Yes.")]))
    assert [(c.start, c.stop, c.text) for c in captions] == [(2.2, pytest.approx(2.24), "Yes.")]


def test_stretches_have_room_and_bridge_short_pauses():
    assert cut_stretches([(50, 75), (90, 120), (200, 220)], np.ones(222, np.float32)) == [
        (50 - ROOM, 120 + ROOM),
        (200 - ROOM, 222),
    ]
    assert cut_stretches([(2, 20)], np.ones(100, np.float32)) == [(0, 20 + ROOM)]


def test_endless_speech_is_cut_where_it_is_softest():
    powers = np.ones(3 * LONGEST, np.float32)
    powers[180:186] = 0
    stretches = cut_stretches([(0, len(powers))], powers)
    assert stretches[0][0] == 0
    assert 180 < stretches[0][1] <= 186
    assert stretches[-1][1] == len(powers)
    assert all(stop - start <= LONGEST for start, stop in stretches)
    assert all(one[1] == other[0] for one, other in pairwise(stretches))


def test_words_become_captions_that_end_at_pauses():
    first, second = words(" Yes,", " I do."), [Caption(5, 5.4, " Really?")]
    assert [c.text for c in group_words([*first, *second])] == ["Yes, I do.", "Really?"]


def test_languages_without_blanks_stay_without():
    assert [c.text for c in group_words(words("今天", "天气", "很好"))] == ["今天天气很好"]


def test_captions_stay_short_enough_to_be_read():
    captions = group_words(words(*[" word"] * 40, every=0.32))
    assert max(c.stop - c.start for c in captions) <= 6
    assert max(len(c.text) for c in captions) <= 84
    assert " ".join(c.text for c in captions).split() == ["word"] * 40


def test_the_language_is_that_of_most_of_the_time():
    captions = [Caption(0, 1, "a", "de"), Caption(1, 5, "b", "en"), Caption(5, 6, "c", "de")]
    assert find_language(captions) == "en"
    assert find_language([]) == ""
