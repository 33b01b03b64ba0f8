"""What training can't use is refused before the first step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avsep.errors import DataError
from avsep.model.config import TINY
from avsep.training.clips import write_clip
from avsep.training.loop import train
from avsep.training.recipe import Stage
from training_set import PLAIN, babble, no_bar, recipe


def test_too_few_people_to_mix_are_refused(prepared, tmp_path):
    write_clip(tmp_path / "set/corpus/one/a.safetensors", babble(1, 50))
    stage = Stage("voices", "voices", 1, voice_scenes=1, mixing=PLAIN)
    plan = replace(recipe(prepared, stage), voices=(tmp_path / "set",))
    with pytest.raises(DataError, match="finds 1 people to mix"):
        train(plan, tmp_path / "run", no_bar)


def test_shares_of_nobody_are_refused(prepared, tmp_path):
    mixing = replace(PLAIN, shares={"opera": 1.0})
    stage = Stage("lips", "lips", 1, scenes=1, mixing=mixing)
    with pytest.raises(DataError, match="comes from opera"):
        train(recipe(prepared, stage), tmp_path, no_bar)


@pytest.mark.parametrize("kinds", [["joint"], ["synchrony", "joint"]])
def test_a_set_for_another_side_of_mouths_is_refused_before_the_first_step(
    prepared, tmp_path, kinds
):
    stages = [Stage(kind, kind, 10, scenes=2, mixing=PLAIN) for kind in kinds]
    full = replace(recipe(prepared, *stages), model=replace(TINY, lip_size=112))
    with pytest.raises(DataError, match="64 pixels a side, and the network sees 112") as caught:
        train(full, tmp_path, no_bar)
    assert "--lip-size 112" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
