"""Where the decibels are lost: in the lips, in the separator, or for want of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from avsep.device import device_of
from avsep.evaluation.controls import Mono, mask_ideally, separate
from avsep.evaluation.mixtures import Mixture, Scene, load_scene
from avsep.evaluation.scores import Blame, Cue, Gap, Stretch
from avsep.metrics import si_sdr
from avsep.model.cues import coarse_spectrum
from avsep.model.lip_reader import to_grey
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import SAMPLES_PER_FRAME, analyse, synthesise
from avsep.separation.enhance import measure_gain
from avsep.timeline import FRAME_RATE
from avsep.training.simulated_cues import damp
from avsep.training.validation import compare_cues

# Correlation with the truth of loudness and of spectral shape.
CUES = ((0.3, 0.15), (0.5, 0.35), (0.7, 0.5), (0.9, 0.8), (1.0, 1.0))
SECONDS = (0.5, 1, 2, 5)  # stretches of lips and sound


@torch.inference_mode()
def find_gap(network: SeparationNetwork, mixtures: Iterable[Mixture], sets: Sequence[Path]) -> Gap:
    """Split what is missing: mean SI-SDR improvement of two voices, dB.

    Args:
        network: In evaluation mode; it must take cues (``config.cue_bands``).
        mixtures: Of two voices each.
        sets: Prepared sets with their clips.
    """
    gains: dict[str, list[float]] = {}
    heard: list[tuple[float, float]] = []
    right: dict[float, list[float]] = {}
    for mixture in mixtures:
        scene = load_scene(mixture, sets, network.config.lip_size)
        sound = scene.sound
        before = si_sdr(sound, scene.voices)
        for cue in CUES:
            found = _tell(network, scene, *cue)
            gains.setdefault(f"{cue[0]} / {cue[1]}", []).extend(
                (si_sdr(found, scene.voices) - before).tolist()
            )
        heard.append(_measure_cue(network, scene))
        best = mask_ideally(sound, scene.voices)
        gains.setdefault("oracle", []).extend((si_sdr(best, scene.voices) - before).tolist())
        for seconds in SECONDS:
            gain, chosen = _try_stretch(network, scene, seconds)
            gains.setdefault(f"{seconds} s", []).extend(gain.tolist())
            right.setdefault(seconds, []).extend(chosen.float().tolist())
    means = {name: float(np.mean(values)) for name, values in gains.items()}
    loudness, shape = np.mean(heard, axis=0).tolist()
    return Gap(
        cues={name: mean for name, mean in means.items() if "/" in name},
        cue=Cue(loudness, shape),
        lips=means[f"{SECONDS[-1]} s"],
        oracle=means["oracle"],
        lengths={
            seconds: Stretch(means[f"{seconds} s"], float(np.mean(right[seconds])))
            for seconds in SECONDS
        },
    )


def _tell(network: SeparationNetwork, scene: Scene, loudness: float, shape: float) -> Tensor:
    """Voices found when simulated cues stand in for the lips, (voices, time)."""
    config = network.config
    truth = coarse_spectrum(analyse(scene.voices), config.cue_bands)
    generator = torch.Generator().manual_seed(0)
    cue = damp(truth, (loudness, loudness), (shape, shape), generator)
    features = cue.new_zeros(len(truth), config.lip_channels, truth.shape[-1])
    seen = torch.ones(len(truth), truth.shape[-1], dtype=torch.bool)
    mixture = scene.sound
    noisy = analyse(mixture[None], transform=network.transform) * measure_gain(Mono(mixture))
    device = device_of(network)
    told = network.condition(features.to(device), cue.to(device), seen.to(device))
    voices = network.separate(noisy.to(device), told)
    return synthesise(voices, transform=network.transform).cpu()


def _try_stretch(
    network: SeparationNetwork, scene: Scene, seconds: float
) -> tuple[Tensor, Tensor]:
    """Improvement in the first seconds alone, and whether the right voice is the nearer one."""
    frames = round(seconds * FRAME_RATE)
    voices = scene.voices[:, : frames * SAMPLES_PER_FRAME]
    mixture = scene.sound[: voices.shape[1]]
    found = separate(network, mixture, scene.mouths[:, :frames])
    own, other = si_sdr(found, voices), si_sdr(found, voices.flip(0))
    return own - si_sdr(mixture, voices), own > other


def _measure_cue(network: SeparationNetwork, scene: Scene) -> tuple[float, float]:
    """Correlation of what the lips say with the truth: loudness, spectral shape."""
    _, cue = network.lips(to_grey(scene.mouths.to(device_of(network))))
    assert cue is not None
    truth = coarse_spectrum(analyse(scene.voices), network.config.cue_bands)
    return compare_cues(cue.cpu(), truth)


def blame(gap: Gap) -> Blame:
    """Share out the decibels: the next hour of training belongs to the largest share."""
    levels = [loudness for loudness, _ in CUES]
    gains = list(gap.cues.values())
    expected = float(np.interp(gap.cue.loudness, levels, gains))
    return Blame(
        joining=expected - gap.lips,
        lips=gains[-1] - expected,
        voices=gap.oracle - gains[-1],
    )
