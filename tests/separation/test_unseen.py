"""What an unseen voice takes is what the residual loses, and when it is theirs."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from avsep.separation import shares, unseen
from avsep.separation.shares import weigh
from avsep.separation.stems import VoiceFiles
from avsep.separation.unseen import Heard, find_audible, find_unseen, take_unseen
from avsep.speech.samples import VoiceSample

FRAMES, NARROW = 250, 16_000


def test_a_voice_that_is_most_like_a_sample_is_given_in_whole_stretches():
    likeness = np.full((2, 100), 0.3)
    likeness[0, 20:60] = 0.8
    likeness[0, 35:40] = 0.4  # a pause
    likeness[0, 80:85] = 0.8  # too short
    audible, free = np.ones(100, bool), np.zeros(100, bool)
    assert find_unseen(likeness, [0.6], audible, free) == [((20, 60),)]
    likeness[1, 50:60] = 0.9  # somebody else who is known is more alike
    assert find_unseen(likeness, [0.6], audible, free) == [((20, 50),)]
    assert find_unseen(likeness - 0.3, [0.6], audible, free) == [()]
    assert find_unseen(likeness, [0.6], ~audible, free) == [()]


def test_a_stretch_goes_on_where_nobody_else_speaks_for_half_a_window():
    likeness = np.full((1, 200), 0.3)
    likeness[0, 80:120] = 0.8
    audible, free = np.ones(200, bool), np.ones(200, bool)
    assert find_unseen(likeness, [0.6], audible, free) == [((60, 140),)]
    free[130:] = False
    free[:70] = False
    assert find_unseen(likeness, [0.6], audible, free) == [((70, 130),)]


def test_no_moment_is_given_to_two():
    likeness = np.full((2, 100), 0.3)
    likeness[0, [*range(10, 30), *range(38, 60)]] = 0.8
    likeness[1, 30:38] = 0.9
    likeness[1, 70:90] = 0.9
    first, second = find_unseen(likeness, [0.6, 0.6], np.ones(100, bool), np.zeros(100, bool))
    assert first == ((10, 60),)
    assert second == ((70, 90),)


def test_a_residual_far_below_the_recording_is_nobodys():
    mixture = np.ones(100)
    rest = np.where(np.arange(100) < 50, 0.5, 0.001)
    assert find_audible(rest, mixture)[10:40].all()
    assert not find_audible(rest, mixture)[60:].any()
    assert not find_audible(0 * rest, 0 * mixture).any()


@pytest.mark.parametrize("rate", [11_025, 16_000, 44_100])
def test_slopes_last_a_frame_and_lie_around_what_is_said(rate):
    gains = weigh([(10, 20), (40, 50)], 0, 3 * rate, rate)
    times = (np.arange(3 * rate) + 0.5) / rate
    inside = ((times > 0.4) & (times < 0.8)) | ((times > 1.6) & (times < 2.0))
    near = ((times > 0.36) & (times < 0.84)) | ((times > 1.56) & (times < 2.04))
    assert (gains[inside] == 1).all()
    assert (gains[~near] == 0).all()
    assert np.abs(np.diff(gains)).max() <= 1.01 * 25 / rate
    np.testing.assert_array_equal(weigh([(10, 20)], 777, 9999, rate), gains[777:9999])


@pytest.mark.parametrize("pause", [0, 1, 2, 3])
def test_a_short_pause_makes_no_click(pause):
    gains = weigh([(0, 42), (42 + pause, 100)], 0, 5 * 48_000, 48_000)
    assert np.abs(np.diff(gains)).max() <= 1.01 * 25 / 48_000


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_voices_and_residual_add_up_to_what_the_residual_was(tmp_path, monkeypatch, rate):
    seconds = FRAMES // 25
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (seconds * rate, 2)).astype(np.float32)
    narrow = noise[: seconds * NARROW, 0]
    for name, sound, its in (("rest", noise, rate), ("rest.16k", narrow, NARROW)):
        soundfile.write(tmp_path / f"{name}.wav", sound, its, "FLOAT")
    soundfile.write(tmp_path / "mixture.wav", noise, rate, "FLOAT")
    likeness = np.full((2, FRAMES), 0.2)
    likeness[0, 25:75] = likeness[1, 75:125] = 0.9  # one after the other
    monkeypatch.setattr(unseen, "load_encoder", lambda: None)
    monkeypatch.setattr(unseen, "compare", lambda *_: likeness)
    monkeypatch.setattr(shares, "BLOCK", 50_001)
    rest = VoiceFiles(tmp_path / "rest.wav", tmp_path / "rest.16k.wav")
    mixture = Heard(tmp_path / "mixture.wav", FRAMES)
    samples = [VoiceSample(name, np.zeros(256, np.float32)) for name in ("A", "B")]
    targets = [tmp_path / "A.wav", tmp_path / "B.wav"]
    taken, left = take_unseen(rest, [], mixture, samples, targets)
    assert [spans for _, spans in taken] == [((5, 75),), ((75, 145),)]
    for part, whole, its in (("full", noise, rate), ("narrow", narrow, NARROW)):
        files = [getattr(voice, part) for voice in (*(voice for voice, _ in taken), left)]
        sounds = [soundfile.read(file, dtype="float32")[0] for file in files]
        assert {soundfile.info(file).samplerate for file in files} == {its}
        np.testing.assert_allclose(sum(sounds), whole, atol=1e-7)
        inside = slice(round(1.1 * its), round(2.9 * its))
        np.testing.assert_array_equal(sounds[0][inside], whole[inside])
        assert not sounds[2][inside].any()
        outside = slice(round(5.9 * its), None)
        np.testing.assert_array_equal(sounds[2][outside], whole[outside])


def test_without_samples_nothing_is_touched(tmp_path):
    rest = VoiceFiles(tmp_path / "none.wav", tmp_path / "none.16k.wav")
    assert take_unseen(rest, [], Heard(tmp_path / "none", 0), [], []) == ([], rest)
