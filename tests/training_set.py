"""What tests of training learn from: noise in syllables, plain scenes, a small recipe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from avsep.model.config import TINY
from avsep.training.mixing import MixingConfig
from avsep.training.recipe import Recipe, Stage

PLAIN = MixingConfig(
    frames=30, level=0, noise=0, silent=0, late=0, narrow=0, hidden=0, pace=0, alone=0
)


def babble(seed: int, frames: int) -> np.ndarray:
    """Noise that comes in syllables, in a band of its own."""
    draw = np.random.default_rng(seed)
    loud = np.repeat(draw.random(frames) > 0.4, 640)
    tone = np.sin(2 * np.pi * (300 + 400 * seed) * np.arange(frames * 640) / 16_000)
    return (0.1 * loud * tone + 0.001 * draw.normal(size=frames * 640)).astype(np.float32)


def recipe(prepared: Path, *stages: Stage) -> Recipe:
    folder = {name: (prepared / name,) for name in ("faces", "voices")}
    return Recipe(
        faces=folder["faces"],
        voices=folder["voices"],
        noise=(),
        dev_faces=folder["faces"],
        model=TINY_64,
        stages=stages,
        in_step=("corpus",),
        held_out=0.0,
    )


# The stored mouths are cut to 64 pixels, whatever the network.
TINY_64 = replace(TINY, lip_size=64)


def no_bar(items, what, total):
    return items
