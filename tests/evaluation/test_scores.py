"""What an evaluation finds, as programs read it."""

from __future__ import annotations

import json

from avsep.evaluation.scores import (
    Blame,
    Cue,
    Gap,
    Group,
    PersonScore,
    Row,
    Scores,
    Spread,
    Stretch,
)

ROW = Row("m", "c", 2, True, "ann", 2.0, {"SI-SDR": 1.0}, {"SI-SDR": 4.0}, {"silent": -20.0})
GROUP = Group({"SI-SDR": Spread(4.0, 0.5, 4.1)}, {}, 0.25, {"silent": Spread(-20.0, 1.0)})
WITHOUT_GAP = {
    "rows": [
        {
            "mixture": "m",
            "corpus": "c",
            "voices": 2,
            "alike": True,
            "speaker": "ann",
            "motion": 2.0,
            "before": {"SI-SDR": 1.0},
            "after": {"SI-SDR": 4.0},
            "controls": {"silent": -20.0},
        }
    ],
    "groups": {
        "2 voices": {
            "after": {"SI-SDR": {"mean": 4.0, "deviation": 0.5, "median": 4.1}},
            "gain": {},
            "worse": 0.25,
            "controls": {"silent": {"mean": -20.0, "deviation": 1.0}},
        }
    },
    "people": {"ann": {"gain": 3.0, "motion": 2.0, "rows": 1}},
}


def read(scores: Scores) -> dict:
    return json.loads(json.dumps(scores.describe()))


def test_scores_without_a_gap_say_nothing_of_one():
    people = {"ann": PersonScore(3.0, 2.0, 1)}
    assert read(Scores((ROW,), {"2 voices": GROUP}, people)) == WITHOUT_GAP


def test_a_gap_is_told_with_what_is_to_blame():
    gap = Gap({"0.3 / 0.15": 1.0}, Cue(0.6, 0.4), 2.0, 9.0, {0.5: Stretch(1.5, 0.75)})
    told = read(Scores((), {}, {}, gap, Blame(0.1, 0.2, 0.3)))
    assert told["gap"] == {
        "cues": {"0.3 / 0.15": 1.0},
        "cue": {"loudness": 0.6, "shape": 0.4},
        "lips": 2.0,
        "oracle": 9.0,
        "lengths": {"0.5": {"gain": 1.5, "right voice": 0.75}},
    }
    assert told["blame"] == {"joining": 0.1, "lips": 0.2, "voices": 0.3}
