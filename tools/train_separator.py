"""Train a band separator where there is nothing but torch, numpy and a pack.

    python3 tools/train_separator.py weights/bands-gpu.toml OUT [--seconds 470] [--begin WEIGHTS]

OUT/separator.safetensors is what comes back: `avsep assemble` joins it with the lip reader.
`--self-test` first looks for 20 s whether the machine can do it, and how fast.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avsep.training.corpus import share_out
from avsep.training.device_mixing import mix
from avsep.training.looks import make_judge
from avsep.training.pack import open_pack
from avsep.training.passes import separate
from avsep.training.separator import SeparatorRun
from avsep.training.separator_recipe import read_separator_recipe
from avsep.training.separator_stage import make_drafter


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seconds", type=float, help="in place of the recipe's")
    parser.add_argument("--pack", type=Path, help="in place of the recipe's")
    parser.add_argument("--begin", type=Path, help="weights to begin with")
    parser.add_argument(
        "--self-test", action="store_true", help="20 s first, and what they reached"
    )
    asked = parser.parse_args()
    recipe = read_separator_recipe(asked.recipe)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        torch.set_num_threads(recipe.threads)
    else:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    began = time.monotonic()
    pack = open_pack(asked.pack or recipe.pack)
    voices = share_out(pack.voices, recipe.shares).to(device)
    noise = pack.noise.to(device)
    decoded = time.monotonic() - began
    print(f"{device}: {len(voices.first)} voices decoded in {decoded:.0f} s", flush=True)
    drafter = make_drafter(recipe, pack.lips, device)
    if asked.self_test:
        plan = replace(recipe.plan, seconds=20.0, steps=0, compiled=False)
        with TemporaryDirectory() as folder:
            trial = SeparatorRun(recipe.bands, plan, voices, noise, Path(folder), drafter=drafter)
            trial.go()
            report(trial)
    plan = replace(recipe.plan, seconds=asked.seconds or recipe.plan.seconds)
    run = SeparatorRun(recipe.bands, plan, voices, noise, asked.output, drafter=drafter)
    if begin := asked.begin or recipe.begin:
        run.begin_with(begin)
    run.go(make_judge(pack.held_out.to(device), noise, drafter))
    report(run)


def report(run: SeparatorRun) -> None:
    """Say how fast it was."""
    speed, reached = run.heard / run.spent, count_flop(run) * run.step / run.spent / 1e12
    print(f"{run.step} steps, {run.heard / 3600:.2f} h heard, {speed:.0f} s of mixtures a second")
    print(f"{reached:.2f} TFLOP/s", flush=True)


def count_flop(run: SeparatorRun) -> float:
    """Operations of one step of the first kind of batch: forward, and twice that backward.

    Now and then a first pass comes before it.
    """
    batch = mix(run.voices, run.noise, run.plan.drawings[0], run.plan.cues, run.draw)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        separate(run.network, batch)
    first = run.plan.again if run.config.passes > 1 else 0.0
    return (3.0 + first) * counter.get_total_flops()


if __name__ == "__main__":
    main()
