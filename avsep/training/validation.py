"""The early look: a few fixed scenes of people who are not learnt from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from avsep.device import device_of
from avsep.metrics import si_sdr
from avsep.model.conditioning import Conditioning
from avsep.model.cues import coarse_spectrum, lag_scores
from avsep.model.lip_reader import to_grey
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import analyse, synthesise
from avsep.timeline import FRAME_RATE
from avsep.training.batches import RecipeCast
from avsep.training.clips import Speaker
from avsep.training.losses import REACH
from avsep.training.mixing import MixingConfig, SceneMaker
from avsep.training.objectives import simulate_lips
from avsep.training.scenes import Scenes

CLEAN = MixingConfig(
    frames=75,
    level=2.0,
    noise=0.0,
    silent=0.0,
    late=0.0,
    narrow=0.0,
    hidden=0.0,
    pace=0.0,
    alone=0.0,
    akin=0.0,
)
CROWD = replace(CLEAN, faces=(0.0, 0.34, 0.33, 0.33))
SCENES = 12  # of each corpus
MOST = 1 + len(CROWD.faces)  # faces in one scene


@torch.inference_mode()
def validate(network: SeparationNetwork, kind: str, cast: RecipeCast) -> dict[str, float]:
    """Scores of the averaged network; the same scenes every time.

    Returns:
        For lips: correlation of loudness and of spectral shape with the truth, and the share of
        clips whose lag is found within one frame. Otherwise: SI-SDR improvement in dB with the
        right lips, each face with the next one's, and the lips one second off; of two people of
        each corpus, and of three to five of any (``crowd``).
    """
    if kind == "voices":
        enough = len(cast.dev_voices) > 1
        return {"voices": _check_voices(network, cast)} if enough else {}
    check = _check_lips if kind == "lips" else _check_faces
    scores = {}
    for corpus, speakers in sorted(by_corpus(cast.dev_faces).items()):
        scenes = draw(speakers, SCENES).to(device_of(network))
        for name, value in check(network, scenes).items():
            scores[f"{corpus}.{name}"] = value
    if kind != "lips" and len(cast.dev_faces) >= MOST:
        crowd = draw(cast.dev_faces, SCENES, CROWD).to(device_of(network))
        for name, value in _check_faces(network, crowd).items():
            scores[f"crowd.{name}"] = value
    return scores


def by_corpus(speakers: list[Speaker]) -> dict[str, list[Speaker]]:
    """Speakers of each corpus that has at least two."""
    corpora = defaultdict(list)
    for speaker in speakers:
        corpora[speaker.name.split("/")[0]].append(speaker)
    return {name: found for name, found in corpora.items() if len(found) > 1}


def draw(speakers: list[Speaker], scenes: int, config: MixingConfig = CLEAN) -> Scenes:
    """Fixed clean scenes, the mouths as they are in use."""
    maker = SceneMaker(speakers, speakers, [], config, still=True)
    return maker.draw(scenes, np.random.default_rng(1))


def _check_voices(network: SeparationNetwork, cast: RecipeCast) -> float:
    scenes = draw(cast.dev_voices, 4 * SCENES).to(device_of(network))
    told = simulate_lips(network, scenes, torch.Generator().manual_seed(1))
    return float(improvement(network, scenes, told).mean())


def _check_lips(network: SeparationNetwork, scenes: Scenes) -> dict[str, float]:
    assert scenes.mouths is not None
    _, cue = network.lips(to_grey(scenes.mouths))
    truth = coarse_spectrum(analyse(scenes.said), network.config.cue_bands)
    loudness, shape = compare_cues(cue, truth)
    lags = lag_scores(cue, truth, REACH).argmax(-1) - REACH
    right = float((lags.abs() <= 1).float().mean())
    return {"loudness": loudness, "shape": shape, "lag": right}


def _check_faces(network: SeparationNetwork, scenes: Scenes) -> dict[str, float]:
    assert scenes.mouths is not None
    mouths = to_grey(scenes.mouths)
    variants = {
        "right": mouths,
        "swapped": mouths[find_next(scenes.scene)],
        "shifted": mouths.roll(FRAME_RATE, 1),
    }
    return {
        name: float(improvement(network, scenes, _watch(network, shown, scenes)).mean())
        for name, shown in variants.items()
    }


def find_next(scene: Tensor) -> Tensor:
    """For each face the next one of its scene, and the first for the last, (faces,)."""
    faces = torch.arange(len(scene), device=scene.device)
    groups = torch.split(faces, torch.bincount(scene).tolist())
    return torch.cat([group.roll(-1) for group in groups])


def _watch(network: SeparationNetwork, mouths: Tensor, scenes: Scenes) -> Conditioning:
    return network.condition_on_mouths(mouths, scenes.seen, scenes.scene)


def improvement(network: SeparationNetwork, scenes: Scenes, told: Conditioning) -> Tensor:
    """SI-SDR of the voices found minus that of the mixture, dB, (faces,)."""
    noisy = analyse(scenes.mixture, transform=network.transform)
    voices = synthesise(network.separate(noisy, told), transform=network.transform)
    return si_sdr(voices, scenes.voices) - si_sdr(scenes.mixture[scenes.scene], scenes.voices)


def compare_cues(cue: Tensor, truth: Tensor) -> tuple[float, float]:
    """Correlation of predicted and true coarse spectra: of loudness, of spectral shape.

    Shape: (batch, bands, frames) twice
    """
    loudness, true_loudness = cue.mean(1, keepdim=True), truth.mean(1, keepdim=True)
    return (
        correlate(loudness, true_loudness),
        correlate(cue - loudness, truth - true_loudness),
    )


def correlate(one: Tensor, other: Tensor) -> float:
    """Pearson correlation over all items together, each centred on its own mean in time."""
    one = one - one.mean(-1, keepdim=True)
    other = other - other.mean(-1, keepdim=True)
    return float((one * other).sum() / (one.square().sum() * other.square().sum()).sqrt())
