"""A recipe is read whole, checked before it begins, and kept to while it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from avsep.errors import SettingError
from avsep.model.config import BASE, SIZES, TINY
from avsep.training.checks import check_recipe, check_same
from avsep.training.mixing import MixingConfig
from avsep.training.recipe import Recipe, Stage, read_recipe

VOICES = Stage("a", "voices", steps=1, voice_scenes=2)


def plan_of(*stages: Stage) -> Recipe:
    return Recipe(faces=(), voices=(), noise=(), dev_faces=(), model=TINY, stages=stages)


def test_a_recipe_is_read_with_its_defaults(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text(
        'faces = ["f"]\n[model]\nsize = "tiny"\nchannels = 8\n'
        '[[stages]]\nname = "a"\nkind = "joint"\nsteps = 3\n[stages.mixing]\nlevel = 2.0\n'
    )
    plan = read_recipe(path)
    assert plan.faces == (Path("f"),)
    assert plan.model == replace(TINY, channels=8)
    assert plan.stages[0].mixing == MixingConfig(level=2.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense = [", "Expected|Invalid|Unclosed|not"),
        ("color = 3", "unknown setting color"),
        ('[model]\nsize = "huge"', "unknown size"),
        ('[[stages]]\nname = "a"', "kind"),
        ('device = "abacus"', "no device"),
        ('voices = "data/voices"', "voices = 'data/voices' is no list"),
        ("threads = 0", "threads = 0 is too few"),
        ('threads = "a"', "threads = 'a' is no whole number"),
        ('[[stages]]\nname = "../evil"\nkind = "mean"', "names no stage"),
        ('[[stages]]\nname = "a"\nkind = "lips"\n[stages.mixing]\nnoise = "x"', "no number"),
    ],
)
def test_a_recipe_with_a_mistake_is_refused_in_a_sentence(tmp_path, text, words):
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(SettingError, match=words):
        read_recipe(path)


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ([], "without stages"),
        ([VOICES, VOICES], "two stages are called 'a'"),
        ([replace(VOICES, kind="dance")], "unknown kind 'dance'"),
        ([Stage("a", "mean", of=("b",))], "mean of no earlier stages"),
        ([Stage("b", "synchrony"), Stage("a", "mean", of=("b",))], "mean of no earlier stages"),
        ([replace(VOICES, after="b")], "goes on from no earlier stage"),
        ([Stage("a", "joint", 1, scenes=2, frozen=("lip",))], "freezes what it doesn't"),
        ([replace(VOICES, frozen=("magnitude",))], "or all of it"),
        ([replace(VOICES, start={"lisp": Path("x")})], "unknown parts"),
        ([replace(VOICES, steps="3")], "whole numbers"),
        ([replace(VOICES, steps=0)], "nothing to learn from"),
        ([replace(VOICES, voice_scenes=0)], "nothing to learn from"),
        ([Stage("a", "lips", 1, voice_scenes=2)], "nothing to learn from"),
        ([replace(VOICES, mixing=MixingConfig(faces=(0.5, 0.4)))], "faces are probabilities"),
        ([replace(VOICES, mixing=MixingConfig(unseen=(1.5, -0.5)))], "unseen are probabilities"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused_before_it_begins(stages, words):
    with pytest.raises(SettingError, match=words):
        check_recipe(plan_of(*stages))


def test_a_network_without_cues_has_no_stages_that_live_on_them():
    blind = replace(plan_of(VOICES), model=replace(TINY, cue_bands=0, others=False))
    with pytest.raises(SettingError, match="needs a network with cues"):
        check_recipe(blind)
    check_recipe(replace(blind, stages=(Stage("a", "joint", 1, scenes=2),)))


def test_a_network_of_bands_is_not_taught_as_the_papers_is():
    banded = replace(plan_of(VOICES), model=SIZES["tiny-bands"])
    with pytest.raises(SettingError, match="the model has bands"):
        check_recipe(banded)


def test_a_run_goes_on_by_its_own_recipe_alone():
    plan = plan_of(VOICES, Stage("b", "phase", 1, scenes=2))
    check_same(plan, replace(plan, threads=7), ["a"])
    check_same(plan, plan_of(replace(VOICES, steps=9), plan.stages[1]), ["a"])
    check_same(plan, plan_of(VOICES, Stage("b", "joint", 1, scenes=2)), ["a"])
    check_same(plan, replace(plan, seed=9), [])
    with pytest.raises(SettingError, match="a recipe with other settings"):
        check_same(plan, replace(plan, seed=9), ["a"])
    with pytest.raises(SettingError, match="a stage 'a' with other settings"):
        check_same(plan, plan_of(replace(VOICES, lr=1.0), plan.stages[1]), ["a"])


def test_the_recipe_for_clips_of_ones_own_is_valid():
    plan = read_recipe(Path(__file__).parents[2] / "examples/own.toml")
    check_recipe(plan)
    assert plan.stages


def test_the_recipe_of_the_bundled_weights_is_valid():
    plan = read_recipe(Path(__file__).parents[2] / "weights/base.toml")
    check_recipe(plan)
    assert plan.model == BASE
    assert [stage.kind for stage in plan.stages][-1] in ("joint", "phase", "mean")
