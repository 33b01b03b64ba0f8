"""Sets to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avsep.model.spectrum import SAMPLE_RATE
from avsep.training.clips import write_clip
from avsep.training.corpus import Corpus, make_corpus
from training_set import babble


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Four people with faces whose mouths open with their voices, four without."""
    root = tmp_path_factory.mktemp("prepared")
    for seed in range(4):
        sound = babble(seed, 50)
        power = np.square(sound.reshape(-1, 640)).mean(1)
        mouths = np.zeros((50, 80, 80), np.uint8)
        mouths[:, 30:50, 30:50] = (power > 1e-4)[:, None, None] * 200
        write_clip(root / f"faces/corpus/p{seed}/a.safetensors", sound, mouths)
        write_clip(root / f"voices/corpus/q{seed}/a.safetensors", babble(seed + 4, 50))
    return root


@pytest.fixture(scope="module")
def voices() -> Corpus:
    """Six people, each a tone of their own that comes and goes; two with lips."""
    rng = np.random.default_rng(0)
    time = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    sounds = []
    for person in range(6):
        tone = np.sin(2 * np.pi * 200 * (person + 1) * time) * (np.sin(5 * time + person) > 0)
        sounds.append((8000 * tone + 10 * rng.normal(size=len(time))).astype(np.int16))
    lips = rng.normal(size=(150, 14)).astype(np.float32)
    sources = ["read"] * 4 + ["seen"] * 2
    return make_corpus(sounds, [None] * 4 + [lips, lips], sources, rows=14, bands=10)


@pytest.fixture(scope="module")
def noise() -> Corpus:
    rng = np.random.default_rng(1)
    sound = (2000 * rng.normal(size=4 * SAMPLE_RATE)).astype(np.int16)
    return make_corpus([sound], [None], ["hiss"], rows=14, bands=10)
