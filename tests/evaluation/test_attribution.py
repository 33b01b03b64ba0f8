"""Where the decibels are lost."""

from __future__ import annotations

import pytest

from avsep.evaluation.attribution import blame
from avsep.evaluation.scores import Cue, Gap


def test_lost_decibels_add_up():
    gap = Gap(
        cues={"0.3 / 0.15": 0.0, "0.5 / 0.35": 1.0, "0.7 / 0.5": 2.0, "a": 4.0, "b": 5.0},
        cue=Cue(loudness=0.6, shape=0.4),
        lips=1.2,
        oracle=15.0,
        lengths={},
    )
    lost = blame(gap)
    assert lost.joining == pytest.approx(0.3)
    assert lost.joining + lost.lips + lost.voices == pytest.approx(15 - 1.2)
