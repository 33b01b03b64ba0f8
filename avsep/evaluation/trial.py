"""A network on one scene: with the right lips, and with lips that should not help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from avsep.enhance import find_filters, measure_gain
from avsep.evaluation.mixtures import Scene
from avsep.metrics import energy_ratio, si_sdr
from avsep.model import SpeechSeparator
from avsep.model.lips import to_grey
from avsep.model.spectrum import FRAME_RATE, SAMPLE_RATE, analyse, synthesise

COVER = 128  # the grey of a hidden mouth
Lips: TypeAlias = Callable[[Tensor], Tensor]  # mouths of a scene to other mouths of the same shape

# What the faces of a scene show instead of their own lips.
CONTROLS: dict[str, Lips] = {
    "another's lips": lambda mouths: mouths.roll(1, 0),
    "lips a second off": lambda mouths: mouths.roll(FRAME_RATE, 1),
    "lips hidden": lambda mouths: torch.full_like(mouths, COVER),
}


@dataclass(slots=True, eq=False)
class Mono:
    """Sound in memory, as `avsep.enhance` reads a recording."""

    sound: Tensor
    sample_rate: int = SAMPLE_RATE
    channels: int = 1
    samples: int = 0

    def __post_init__(self) -> None:
        self.samples = len(self.sound)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Samples ``start`` to ``stop``, (1, stop - start), silence outside."""
        piece = self.sound[start:stop].numpy()
        return np.pad(piece, (0, stop - start - len(piece)))[None]


@torch.inference_mode()
def separate(
    network: SpeechSeparator, mixture: Tensor, mouths: Tensor, *, mend: bool = True
) -> Tensor:
    """The voice of every face, as `split` finds it; unless ``mend`` with the noisy phase.

    Shape: (time,), (faces, pictures, side, side) -> (faces, time)
    """
    device = next(network.parameters()).device
    spectrum = analyse(mixture[None].to(device))[0]
    encoded = network.lips.encoder(to_grey(mouths.to(device)))
    seen = np.ones(mouths.shape[:2], np.bool_)
    filters = find_filters(network, spectrum * measure_gain(Mono(mixture)), encoded, seen)
    return synthesise((filters if mend else filters.abs()) * spectrum).cpu()


def try_controls(network: SpeechSeparator, scene: Scene) -> dict[str, Tensor]:
    """What other lips than the right ones give, dB for every face of the scene.

    Returns:
        Improvements of SI-SDR with the lips of `CONTROLS`; with the right lips ``alone``, when
        faces don't know of each other, and with the ``noisy phase``; ``silent``: energy of what
        a listening face is given while all others talk, against the mixture; ``oracle``:
        improvement of the best mask up to one.
    """
    mixture = scene.voices.sum(0)
    before = si_sdr(mixture, scene.voices)
    gains = {
        name: si_sdr(separate(network, mixture, lips(scene.mouths)), scene.voices) - before
        for name, lips in CONTROLS.items()
    }
    apart = torch.cat([separate(network, mixture, face[None]) for face in scene.mouths])
    gains["alone"] = si_sdr(apart, scene.voices) - before
    unmended = separate(network, mixture, scene.mouths, mend=False)
    gains["noisy phase"] = si_sdr(unmended, scene.voices) - before
    gains["silent"] = torch.stack(
        [_let_through(network, scene, face) for face in range(len(scene.voices))]
    )
    gains["oracle"] = si_sdr(mask_ideally(mixture, scene.voices), scene.voices) - before
    return gains


def _let_through(network: SpeechSeparator, scene: Scene, face: int) -> Tensor:
    """Energy given to a face that listens, against the mixture of all other voices, dB."""
    mixture = scene.voices.sum(0) - scene.voices[face]
    mouths = scene.mouths.clone()
    mouths[face] = scene.still[face]
    return energy_ratio(separate(network, mixture, mouths)[face], mixture)


def mask_ideally(mixture: Tensor, voices: Tensor) -> Tensor:
    """True magnitudes, at most the mixture's, with the mixture's phase: the ceiling of masking.

    Shape: (time,), (voices, time) -> (voices, time)
    """
    noisy = analyse(mixture[None])
    mask = (analyse(voices).abs() / noisy.abs().clamp_min(1e-9)).clamp_max(1)
    return synthesise(mask * noisy)
