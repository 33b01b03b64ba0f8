"""Scores of a voice that was found."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avsep.evaluation.quality import add_word_errors, score_sounds
from avsep.speech.captions import Caption
from evaluation_set import speech


def test_a_perfect_voice_has_perfect_scores_and_the_mixture_poor_ones():
    truths = torch.stack([speech(1), speech(2)])
    perfect, other = score_sounds(truths, truths)
    mixed, _ = score_sounds(truths.sum(0).expand_as(truths), truths)
    assert perfect["SDR"] > 40
    assert perfect["STOI"] == pytest.approx(1, abs=1e-3)
    assert mixed["SDR"] == pytest.approx(0, abs=3)
    assert perfect["SIR"] > mixed["SIR"] + 20
    assert mixed["SAR"] > 20  # nothing but the other voice was added
    assert 1 <= other["DNSMOS"] <= 5


def test_words_are_compared_with_those_of_the_true_voice():
    def recognise(sound):
        loud = np.abs(sound.samples).max() > 0.5
        return [Caption(0, 1, "Good evening, all!" if loud else "good morning all")]

    scores = [{}, {}]
    loud, soft = torch.ones(2, 16_000), torch.zeros(2, 16_000)
    add_word_errors(scores, torch.stack([loud[0], soft[0]]), loud, recognise)
    assert scores[0]["WER"] == 0
    assert scores[1]["WER"] == pytest.approx(100 / 3)
