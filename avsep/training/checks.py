"""Whether a recipe can be followed: before the first hour of it, not after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from avsep.errors import SettingError
from avsep.training.recipe import KINDS, PARTS, Recipe, Stage

ALL_PARTS = list(dict.fromkeys(part for taught in PARTS.values() for part in taught))
BY_CUES = ("lips", "voices", "synchrony")  # kinds that live on what the lips tell in words
ROUNDING = 1e-6
# What may change while a run goes on.
FREE: dict[str, Any] = {"threads": 1, "device": "cpu", "workers": 0}


def check_recipe(recipe: Recipe) -> None:
    """See that every stage can be taught, in this order.

    Raises:
        SettingError: It can't.
    """
    if not recipe.stages:
        raise SettingError("a recipe without stages", hint="See weights/base.toml.")
    earlier: dict[str, Stage] = {}
    for stage in recipe.stages:
        if stage.name in earlier:
            raise SettingError(
                f"two stages are called {stage.name!r}", hint="Each needs a name of its own."
            )
        _check_kind(stage, recipe)
        _check_before(stage, {n for n, other in earlier.items() if other.kind != "synchrony"})
        _check_scenes(stage)
        earlier[stage.name] = stage


def check_same(before: Recipe, now: Recipe, begun: Collection[str]) -> None:
    """See that a run goes on as it has begun; how long its stages take may change.

    Args:
        before: Recipe the run has followed.
        now: Recipe it shall follow.
        begun: Names of the stages that are done or under way.

    Raises:
        SettingError: What is done already was not done by this recipe.
    """
    hint = "Give another --output, or the settings in the run folder's recipe.toml."
    if begun and replace(before, stages=(), **FREE) != replace(now, stages=(), **FREE):
        raise SettingError("the run folder belongs to a recipe with other settings", hint=hint)
    old, new = (
        {stage.name: replace(stage, steps=0, cool_down=0.0) for stage in recipe.stages}
        for recipe in (before, now)
    )
    for name in begun:
        if name in old and old[name] != new[name]:
            raise SettingError(
                f"the run folder holds a stage {name!r} with other settings", hint=hint
            )


def _check_kind(stage: Stage, recipe: Recipe) -> None:
    if stage.kind not in KINDS:
        raise SettingError(
            f"stage {stage.name!r} is of unknown kind {stage.kind!r}",
            hint=f"Choose from {', '.join(KINDS)}.",
        )
    taught = PARTS.get(stage.kind, ())
    if stage.frozen and not set(stage.frozen) < set(taught):
        raise SettingError(
            f"stage {stage.name!r} freezes what it doesn't teach, or all of it",
            hint=f"A stage of kind {stage.kind} teaches: {', '.join(taught) or 'nothing'}.",
        )
    if recipe.model.bands and set(taught) - {"lips"}:
        raise SettingError(
            f"stage {stage.name!r} teaches the paper's separator, and the model has bands",
            hint="Bands learn from a pack: see weights/bands.toml.",
        )
    if stage.kind in BY_CUES and not recipe.model.cue_bands:
        raise SettingError(
            f"stage {stage.name!r} needs a network with cues",
            hint="Set cue_bands in [model], or take stages of the kinds joint and phase.",
        )


def _check_before(stage: Stage, earlier: Collection[str]) -> None:
    if stage.kind == "mean" and not (stage.of and set(stage.of) <= set(earlier)):
        raise SettingError(
            f"stage {stage.name!r} is the mean of no earlier stages",
            hint="Name some that learn, as in: of = ['lips', 'voices'].",
        )
    if stage.after and stage.after not in earlier:
        raise SettingError(
            f"stage {stage.name!r} goes on from no earlier stage",
            hint="Name one that learns, as in: after = 'joint'.",
        )
    if not set(stage.start) <= set(ALL_PARTS):
        raise SettingError(
            f"stage {stage.name!r} starts with unknown parts",
            hint=f"Choose from {', '.join(ALL_PARTS)}.",
        )


def _check_scenes(stage: Stage) -> None:
    counts = (stage.steps, stage.scenes, stage.voice_scenes)
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        raise SettingError(
            f"stage {stage.name!r}: steps, scenes and voice_scenes are whole numbers",
            hint="As in: steps = 1000.",
        )
    drawn = {"voices": stage.voice_scenes, "joint": stage.scenes + stage.voice_scenes}
    if stage.kind in PARTS and not (stage.steps and drawn.get(stage.kind, stage.scenes)):
        raise SettingError(
            f"stage {stage.name!r} draws nothing to learn from",
            hint="Give its steps, and scenes (of faces) or voice_scenes.",
        )
    for name in ("faces", "unseen"):
        chances = getattr(stage.mixing, name)
        if not chances or min(chances) < 0 or abs(sum(chances) - 1) > ROUNDING:
            raise SettingError(
                f"stage {stage.name!r}: {name} are probabilities, and sum to 1",
                hint="As in [0.8, 0.2].",
            )
