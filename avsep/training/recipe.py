"""The recipe of a training run, as it stands in a TOML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avsep.device import choose_device
from avsep.errors import SettingError
from avsep.model.config import SIZES, ModelConfig
from avsep.training.mixing import MixingConfig
from avsep.training.settings import fill, make, read_list, read_table

PARTS = {  # what each kind of stage teaches
    "lips": ("lips",),
    "voices": ("magnitude",),
    "joint": ("lips", "magnitude"),
    "phase": ("phase",),
}
KINDS = (*PARTS, "synchrony", "mean")
STAGE_NAME = re.compile(r"[\w-]+")  # files of the run are called after it


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of training.

    Attributes:
        name: Names its checkpoint in the run folder.
        kind: What is learnt: lips (cue from mouths), voices (separation with simulated cues),
            joint (end to end on faces, with voices among them), phase. A synchrony stage learns
            nothing: it finds the delays of clips that may be out of step, for the stages after.
            Nor does a mean stage: its weights are the mean of those that other stages ended with.
        steps: Optimiser steps in all.
        scenes: Scenes of faces in one step.
        voice_scenes: Scenes of voices without faces in one step.
        lr: AdamW's rate, for filters, norms and the outer projections.
        muon_lr: Muon's rate, for the inner matrices.
        cool_down: Share of the steps in which the rates fall to zero.
        after: Name of the earlier stage it goes on from, if not from the one before.
        start: Checkpoints to begin with, by part: lips, magnitude, phase.
        frozen: Parts that keep their weights although the kind would teach them.
        of: Names of the earlier stages whose mean a mean stage is.
        mixing: How scenes are drawn.
    """

    name: str
    kind: str
    steps: int = 0
    scenes: int = 0
    voice_scenes: int = 0
    lr: float = 1e-3
    muon_lr: float = 1.5e-3
    cool_down: float = 0.4
    after: str = ""
    start: Mapping[str, Path] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    mixing: MixingConfig = field(default_factory=MixingConfig)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a training run is told.

    Attributes:
        faces, voices, noise: Prepared folders to learn from.
        dev_faces: Prepared faces of other people, for validation.
        in_step: Corpora of faces whose sound surely is in step.
        held_out: Share of the voices kept for validation.
        model: Sizes.
        stages: In order; each begins where the one before ended.
        seed: Of all that is drawn.
        threads: Of torch on a CPU.
        device: Where to compute; "auto" in a file is the first GPU if there is one.
        precision: Of the sums, one of `avsep.choices.Precision`.
        workers: Processes that mix scenes beforehand; 0 mixes between the steps.
    """

    faces: tuple[Path, ...]
    voices: tuple[Path, ...]
    noise: tuple[Path, ...]
    dev_faces: tuple[Path, ...]
    model: ModelConfig
    stages: tuple[Stage, ...]
    in_step: tuple[str, ...] = ()
    held_out: float = 0.06
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    precision: str = "auto"
    workers: int = 0


def read_recipe(path: Path) -> Recipe:
    """Recipe of a TOML file; relative folders are looked up from where the command runs.

    Whether it makes sense, `avsep.training.checks` tells.

    Raises:
        SettingError: The file is missing, is no TOML, or names what does not exist.
    """
    table = read_table(path)
    model = table.pop("model", {})
    size = SIZES.get(model.pop("size", "base"))
    if size is None:
        raise SettingError(f"{path}: unknown size", hint=f"Choose from {', '.join(SIZES)}.")
    table["model"] = fill(size, model, path)
    table["stages"] = tuple(_stage(stage, path) for stage in table.pop("stages", []))
    table["device"] = choose_device(table.get("device", "auto"))
    table["in_step"] = tuple(read_list(table, "in_step", path))
    for key in ("faces", "voices", "noise", "dev_faces"):
        table[key] = tuple(Path(folder) for folder in read_list(table, key, path))
    recipe = make(Recipe, table, path)
    if recipe.threads < 1:
        raise SettingError(
            f"{path}: threads = {recipe.threads} is too few", hint="Take 1 or more."
        )
    return recipe


def _stage(table: dict[str, Any], path: Path) -> Stage:
    table["mixing"] = fill(MixingConfig(), table.get("mixing", {}), path)
    table["of"] = tuple(read_list(table, "of", path))
    table["frozen"] = tuple(read_list(table, "frozen", path))
    if not STAGE_NAME.fullmatch(str(table.get("name", "x"))):
        raise SettingError(
            f"{path}: {table['name']!r} names no stage", hint="Take letters, digits, - and _."
        )
    table["start"] = {part: Path(file) for part, file in table.get("start", {}).items()}
    return make(Stage, table, path)
