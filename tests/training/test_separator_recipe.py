"""Recipes of the band separator."""

from __future__ import annotations

from pathlib import Path

import pytest

from avsep.errors import SettingError
from avsep.training.separator_recipe import read_separator_recipe


@pytest.mark.parametrize("name", ["bands.toml", "bands-gpu.toml"])
def test_the_recipes_of_the_repository_can_be_read(name):
    recipe = read_separator_recipe(Path(__file__).parents[2] / "weights" / name)
    assert recipe.plan.seconds > 0
    assert {sum(drawing.faces) > 0 for drawing in recipe.plan.drawings} == {True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('pack = "a"', "neither seconds nor steps"),
        ('pack = "a"\n[plan]\nsteps = 1\nfast = true', "unknown setting fast"),
        ('pack = "a"\nodd = 1\n[plan]\nsteps = 1', "unknown setting odd"),
        ('pack = "a"\n[plan]\nsteps = 1\n[[drawings]]\nfaces = [0, 0, 0, 0]', "without scenes"),
    ],
)
def test_a_recipe_that_asks_for_what_cannot_be_is_refused(text, words, tmp_path):
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises(SettingError, match=words):
        read_separator_recipe(tmp_path / "odd.toml")
