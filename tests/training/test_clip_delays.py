"""The delays of training clips are found by their lips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from avsep.model.cues import coarse_spectrum
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import analyse
from avsep.training import clip_delays as synchrony
from avsep.training.clips import find_speakers, write_clip
from training_set import TINY_64, babble, no_bar


def test_delays_are_counted_from_the_corpora_in_step(tmp_path, monkeypatch):
    for name in ("studio/a", "studio/b", "web/c", "web/d"):
        mouths = np.zeros((40, 80, 80), np.uint8)
        write_clip(tmp_path / f"{name}/x.safetensors", babble(0, 40), mouths)
    found = {"a": (-1, True), "b": (-1, True), "c": (2, True), "d": (5, False)}
    monkeypatch.setattr(
        synchrony,
        "measure_synchrony",
        lambda _network, clip: synchrony.Synchrony(
            delay=found[clip.path.parent.name][0],
            score=0.2,
            clear=found[clip.path.parent.name][1],
        ),
    )
    delays = synchrony.find_delays(SeparationNetwork(TINY_64), [tmp_path], ["studio"], no_bar)
    names = {Path(path).parent.name: delay for path, delay in delays.items()}
    assert names == {"c": 3, "d": None}


def test_a_reader_that_reads_well_tells_the_delay(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    loudness = np.repeat(draw.random(80) ** 2, 640)
    sound = (0.1 * loudness * draw.normal(size=80 * 640)).astype(np.float32)
    write_clip(tmp_path / "c/s/x.safetensors", sound, np.zeros((80, 80, 80), np.uint8))
    network = SeparationNetwork(TINY_64)
    early = coarse_spectrum(analyse(torch.from_numpy(sound)[None]), 10).roll(-4, -1)
    monkeypatch.setattr(network.lips, "forward", lambda _mouths: (None, early))
    found = synchrony.measure_synchrony(network, find_speakers([tmp_path])[0].clips[0])
    assert (found.delay, found.clear) == (4, True)
    assert found.score > 0.9
