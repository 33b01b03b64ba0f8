"""The recipe of a band separator's training, as it stands in a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from avsep.errors import SettingError
from avsep.model.config import BandConfig
from avsep.training.device_mixing import Cues, Drawing
from avsep.training.separator import Plan
from avsep.training.settings import fill, make, read_table


@dataclass(frozen=True, slots=True)
class SeparatorRecipe:
    """Everything a separator's training is told.

    Attributes:
        pack: What is learnt from (`avsep pack`).
        lips: The checkpoint whose lip reader told what stands in the pack.
        bands: Sizes.
        plan: How it learns.
        begin: Weights to begin with.
        shares: How much of what is drawn comes from which source of the pack; those that are not
            named share what is left, by the roots of the lengths of what people say.
        device: Where to compute; "auto" is the first GPU if there is one.
        threads: Of torch on a CPU.
    """

    pack: Path
    lips: str = "base"
    bands: BandConfig = field(default_factory=BandConfig)
    plan: Plan = field(default_factory=Plan)
    begin: Path | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    device: str = "auto"
    threads: int = 1


def is_separator_recipe(path: Path) -> bool:
    """Whether a recipe trains a band separator out of a pack."""
    return "pack" in read_table(path)


def read_separator_recipe(path: Path) -> SeparatorRecipe:
    """Recipe of a TOML file; relative files are looked up from where the command runs.

    Raises:
        SettingError: The file is missing, is no TOML, or asks for what can't be.
    """
    table = read_table(path)
    plan = _read_plan(table.pop("plan", {}), table.pop("drawings", []), path)
    if not plan.seconds and not plan.steps:
        raise SettingError(f"{path}: neither seconds nor steps", hint="Give [plan] one of them.")
    table["pack"] = Path(table.get("pack", ""))
    table["bands"] = fill(BandConfig(), table.pop("bands", {}), path)
    table["plan"] = plan
    if "begin" in table:
        table["begin"] = Path(table["begin"])
    return make(SeparatorRecipe, table, path)


def _read_plan(table: dict[str, Any], drawings: list[dict[str, Any]], path: Path) -> Plan:
    for key in ("cues", "weakest"):
        if key in table:
            table[key] = fill(Cues(), table[key], path)
    plan = fill(Plan(), table, path)
    drawn = tuple(fill(Drawing(), drawing, path) for drawing in drawings)
    for drawing in drawn:
        if sum(drawing.faces) < 1 or drawing.frames < 1:
            raise SettingError(f"{path}: a batch without scenes", hint="Give drawings faces.")
    return replace(plan, drawings=drawn) if drawn else plan
