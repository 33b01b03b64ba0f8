"""Scenes are what they claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avsep.errors import DataError
from avsep.training.clips import find_speakers, write_clip
from avsep.training.mixing import SceneMaker, play, to_level, weigh
from training_set import PLAIN, babble


@pytest.mark.parametrize("pace", [0.88, 1.0, 1.12])
def test_sound_and_mouths_stay_together_at_any_pace(prepared: Path, pace: float):
    speaker = find_speakers([prepared / "faces"])[1]
    sound, mouths = play(speaker, 40, np.random.default_rng(0), pace)
    assert mouths is not None
    assert len(sound) == 40 * 640
    assert len(mouths) == 40
    loud = np.square(sound.reshape(-1, 640)).mean(1) > 1e-4
    opened = mouths[:, 40, 40] > 0
    agreeing = [(loud == np.roll(opened, lag)).mean() for lag in range(-3, 4)]
    assert np.argmax(agreeing) == 3
    assert max(agreeing) >= 0.8  # frames at the edges of syllables may differ


def test_a_share_of_a_corpus_that_is_not_there_is_refused(tmp_path: Path):
    write_clip(tmp_path / "grid/p1/a.safetensors", babble(1, 50))
    speakers = find_speakers([tmp_path])
    assert weigh(speakers, {"grid": 1.0}).tolist() == [1.0]
    with pytest.raises(DataError, match="nobody with a face comes from gird"):
        weigh(speakers, {"gird": 0.9, "grid": 0.1})


def test_targets_come_from_one_corpus_as_often_as_is_asked(tmp_path: Path):
    for number in range(6):
        clip = tmp_path / f"{'one' if number % 2 else 'other'}/p{number}/a.safetensors"
        write_clip(clip, babble(number, 50))
    speakers = find_speakers([tmp_path])
    rng = np.random.default_rng(0)

    def count(akin: float) -> int:
        maker = SceneMaker(speakers, speakers, [], replace(PLAIN, akin=akin))
        pairs = [maker._choose(rng) for _ in range(300)]
        assert all(first != second for first, second in pairs)
        return sum(maker.corpora[first] == maker.corpora[second] for first, second in pairs)

    assert count(1) == 300
    assert 80 < count(0) < 160


def test_scenes_have_as_many_faces_as_is_asked_and_there_are(prepared):
    speakers = find_speakers([prepared / "faces"])
    config = replace(PLAIN, faces=(0.5, 0.5))
    scenes = SceneMaker(speakers, speakers, [], config).draw(12, np.random.default_rng(0))
    counts = torch.bincount(scenes.scene)
    assert set(counts.tolist()) == {2, 3}
    for number, mixture in enumerate(scenes.mixture):
        torch.testing.assert_close(scenes.voices[scenes.scene == number].sum(0), mixture)
    crowd = replace(PLAIN, faces=(0.0, 0.0, 0.0, 1.0))
    few = SceneMaker(speakers[:3], speakers, [], crowd).draw(1, np.random.default_rng(0))
    assert len(few.voices) == 3


def test_the_mixture_is_the_sum_of_its_voices(prepared):
    speakers = find_speakers([prepared / "faces"])
    scenes = SceneMaker(speakers, speakers, [], PLAIN).draw(5, np.random.default_rng(0))
    torch.testing.assert_close(scenes.voices.unflatten(0, (5, 2)).sum(1), scenes.mixture)
    assert scenes.mouths.shape == (10, 30, 64, 64)


@pytest.mark.parametrize("level", [-40.0, -25.0, -10.0])
def test_speech_is_brought_to_the_asked_level_whatever_its_pauses(level):
    sound = np.zeros(64_000, np.float32)
    sound[:16_000] = np.random.default_rng(0).normal(0, 0.01, 16_000)
    measured = 20 * np.log10(to_level(sound, level)[:16_000].std())
    assert measured == pytest.approx(level, abs=0.3)


def test_an_absent_target_is_silent_in_the_mixture(prepared):
    speakers = find_speakers([prepared / "faces"])
    maker = SceneMaker(speakers, speakers, [], replace(PLAIN, silent=1.0))
    scenes = maker.draw(8, np.random.default_rng(0))
    assert not scenes.mixture.any()
    still = (scenes.mouths[:, 1:] == scenes.mouths[:, :-1]).flatten(1).all(-1)
    assert still.any()
    assert not still.all()
