"""A separator's training from recipe to checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avsep.device import choose_device, use_threads
from avsep.model.checkpoint import load_model, save_model
from avsep.training.assembly import assemble
from avsep.training.companions import Companions
from avsep.training.corpus import share_out
from avsep.training.drafts import Drafter
from avsep.training.looks import make_judge
from avsep.training.pack import Lips, open_pack
from avsep.training.separator import SeparatorRun
from avsep.training.separator_recipe import SeparatorRecipe

FINAL = "final.safetensors"


def train_separator(recipe: SeparatorRecipe, folder: Path, beside: Sequence[Path] = ()) -> Path:
    """Train, or go on, and join the result with the lip reader.

    Args:
        recipe: How.
        folder: Of the run.
        beside: Folders of runs that learn at the same time, with other seeds.

    Returns:
        The checkpoint of the whole network.
    """
    device = choose_device(recipe.device)
    with use_threads(recipe.threads):
        return _train_on(device, recipe, folder, beside)


def make_drafter(recipe: SeparatorRecipe, lips: Lips, device: str) -> Drafter | None:
    """Who drafts masks for the separator of a recipe; nobody if it is told none."""
    return Drafter(load_model(recipe.lips, device), lips) if recipe.bands.drafted else None


def _train_on(device: str, recipe: SeparatorRecipe, folder: Path, beside: Sequence[Path]) -> Path:
    pack = open_pack(recipe.pack)
    noise = pack.noise.to(device)
    voices = share_out(pack.voices, recipe.shares).to(device)
    drafter = make_drafter(recipe, pack.lips, device)
    run = SeparatorRun(recipe.bands, recipe.plan, voices, noise, folder, drafter=drafter)
    run.companions = Companions(folder, beside) if beside else None
    if recipe.begin:
        run.begin_with(recipe.begin)
    weights = run.go(make_judge(pack.held_out.to(device), noise, drafter))
    save_model(assemble(load_model(recipe.lips), pack.lips, weights), folder / FINAL)
    return folder / FINAL
