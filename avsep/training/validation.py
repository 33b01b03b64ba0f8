"""The early look: a few fixed scenes of people who are not learnt from."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch
from torch import Tensor

from avsep.metrics import si_sdr
from avsep.model import SpeechSeparator
from avsep.model.lips import to_grey
from avsep.model.magnitude import Told
from avsep.model.spectrum import analyse, synthesise
from avsep.training.cues import coarse_spectrum
from avsep.training.data import Cast
from avsep.training.dataset import Speaker
from avsep.training.losses import lag_scores
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
SCENES = 12  # of each corpus


@torch.inference_mode()
def validate(network: SpeechSeparator, kind: str, cast: Cast) -> dict[str, float]:
    """Scores of the averaged network; the same scenes every time.

    Returns:
        For lips: correlation of loudness and of spectral shape with the truth, and the share of
        clips whose lag is found within one picture. Otherwise: SI-SDR improvement in dB with the
        right lips, the two faces swapped, and the lips one second off.
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
    return scores


def by_corpus(speakers: list[Speaker]) -> dict[str, list[Speaker]]:
    """Speakers of each corpus that has at least two."""
    corpora = defaultdict(list)
    for speaker in speakers:
        corpora[speaker.name.split("/")[0]].append(speaker)
    return {name: found for name, found in corpora.items() if len(found) > 1}


def draw(speakers: list[Speaker], scenes: int) -> Scenes:
    """Fixed clean scenes of two, the mouths as they are in use."""
    maker = SceneMaker(speakers, speakers, [], CLEAN, still=True)
    return maker.draw(scenes, np.random.default_rng(1))


def device_of(network: SpeechSeparator) -> str:
    """Where a network computes, as torch names it."""
    return str(next(network.parameters()).device)


def _check_voices(network: SpeechSeparator, cast: Cast) -> float:
    scenes = draw(cast.dev_voices, 4 * SCENES).to(device_of(network))
    told = simulate_lips(network, scenes, torch.Generator().manual_seed(1))
    return float(improvement(network, scenes, told).mean())


def _check_lips(network: SpeechSeparator, scenes: Scenes) -> dict[str, float]:
    assert scenes.mouths is not None
    _, cue = network.lips(to_grey(scenes.mouths))
    truth = coarse_spectrum(analyse(scenes.said), network.config.cue_bands)
    loudness, shape = compare_cues(cue, truth)
    reach = 12
    lags = lag_scores(cue, truth, reach).argmax(-1) - reach
    right = float((lags.abs() <= 1).float().mean())
    return {"loudness": loudness, "shape": shape, "lag": right}


def _check_faces(network: SpeechSeparator, scenes: Scenes) -> dict[str, float]:
    assert scenes.mouths is not None
    mouths = to_grey(scenes.mouths)
    swapped = mouths.view(-1, 2, *mouths.shape[1:]).flip(1).flatten(0, 1)
    variants = {"right": mouths, "swapped": swapped, "shifted": mouths.roll(25, 1)}
    return {
        name: float(improvement(network, scenes, _watch(network, shown, scenes)).mean())
        for name, shown in variants.items()
    }


def _watch(network: SpeechSeparator, mouths: Tensor, scenes: Scenes) -> Told:
    return network.watch(mouths, scenes.seen, scenes.scene)


def improvement(network: SpeechSeparator, scenes: Scenes, told: Told) -> Tensor:
    """SI-SDR of the voices found minus that of the mixture, dB, (faces,)."""
    voices = synthesise(network.separate(analyse(scenes.mixture), told))
    return si_sdr(voices, scenes.voices) - si_sdr(scenes.mixture[scenes.scene], scenes.voices)


def compare_cues(cue: Tensor, truth: Tensor) -> tuple[float, float]:
    """Correlation of predicted and true coarse spectra: of loudness, of spectral shape.

    Shape: (batch, bands, pictures) twice
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
