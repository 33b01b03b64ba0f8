"""A network on one scene: with the right lips, and with lips that should not help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avsep.arrays import Sound
from avsep.device import device_of
from avsep.evaluation.mixtures import Scene
from avsep.metrics import energy_ratio, si_sdr
from avsep.model.lip_reader import to_grey
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import SAMPLE_RATE, analyse, synthesise
from avsep.separation.enhance import find_filters, measure_gain
from avsep.timeline import FRAME_RATE

COVER = 128  # the grey of a hidden mouth


class Mono:
    """Sound in memory, (time,), as `avsep.separation.enhance` reads a recording."""

    sample_rate: int = SAMPLE_RATE
    channels: int = 1
    weights: Sound | None = None

    def __init__(self, sound: Tensor) -> None:
        self.sound = sound
        self.samples = len(sound)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Samples ``start`` to ``stop``, (1, stop - start), silence outside."""
        piece = self.sound[start:stop].numpy()
        return np.pad(piece, (0, stop - start - len(piece)))[None]

    def read_mono(self, start: int, stop: int) -> np.ndarray:
        """The same without a dimension of channels, (stop - start,)."""
        mono: Sound = self.read(start, stop)[0]
        return mono


@dataclass(frozen=True, slots=True, eq=False)
class SceneTrial:
    """A network before one scene, whose lips it has read once.

    Attributes:
        network: In evaluation mode.
        lips: Encoded mouths of all faces, (faces, features, frames).
    """

    network: SeparationNetwork
    lips: Tensor

    @classmethod
    def begin(cls, network: SeparationNetwork, mouths: Tensor) -> SceneTrial:
        """Read the lips of all faces, bytes (faces, frames, side, side)."""
        return cls(network, encode(network, mouths))

    def separate(
        self, mixture: Tensor, lips: Tensor | None = None, *, mend: bool = True
    ) -> Tensor:
        """The voice of every face, as `split` finds it; unless ``mend`` with the noisy phase.

        Args:
            mixture: (time,).
            lips: What faces show instead of their own lips, (faces, features, frames).
            mend: Whether the phase is mended.

        Returns:
            (faces, time)
        """
        lips = self.lips if lips is None else lips
        transform = self.network.transform
        spectrum = analyse(mixture[None].to(lips.device), transform=transform)[0]
        seen = np.ones((len(lips), lips.shape[-1]), np.bool_)
        filters = find_filters(self.network, spectrum * measure_gain(Mono(mixture)), lips, seen)
        masks = filters if mend else filters.abs()
        return synthesise(masks * spectrum, transform=transform).cpu()


@torch.inference_mode()
def encode(network: SeparationNetwork, mouths: Tensor) -> Tensor:
    """Shape: bytes (faces, frames, side, side) -> (faces, features, frames)."""
    return network.encode(to_grey(mouths.to(device_of(network))))


@torch.inference_mode()
def separate(network: SeparationNetwork, mixture: Tensor, mouths: Tensor) -> Tensor:
    """The voice of every face, as `split` finds it.

    Shape: (time,), (faces, frames, side, side) -> (faces, time)
    """
    return SceneTrial.begin(network, mouths).separate(mixture)


@torch.inference_mode()
def try_controls(trial: SceneTrial, scene: Scene) -> dict[str, Tensor]:
    """What other lips than the right ones give, dB for every face of the scene.

    Returns:
        Improvements of SI-SDR with ``another's lips``, ``lips a second off`` and ``lips hidden``;
        with the right lips ``alone``, when faces don't know of each other, and with the
        ``noisy phase``; ``silent``: energy of what a listening face is given while all others
        talk, against the mixture; ``oracle``: improvement of the best mask up to one.
    """
    mixture = scene.sound
    before = si_sdr(mixture, scene.voices)
    hidden = encode(trial.network, torch.full_like(scene.mouths[:1], COVER))
    found = {
        "another's lips": trial.separate(mixture, trial.lips.roll(1, 0)),
        "lips a second off": trial.separate(mixture, trial.lips.roll(FRAME_RATE, -1)),
        "lips hidden": trial.separate(mixture, hidden.expand_as(trial.lips)),
        "alone": torch.cat([trial.separate(mixture, face[None]) for face in trial.lips]),
        "noisy phase": trial.separate(mixture, mend=False),
        "oracle": mask_ideally(mixture, scene.voices),
    }
    gains = {name: si_sdr(voices, scene.voices) - before for name, voices in found.items()}
    still = encode(trial.network, scene.still)
    faces = range(len(scene.voices))
    gains["silent"] = torch.stack([_let_through(trial, scene, still, face) for face in faces])
    return gains


def _let_through(trial: SceneTrial, scene: Scene, still: Tensor, face: int) -> Tensor:
    """Energy given to a face that listens, against the mixture of all other voices, dB."""
    mixture = scene.sound - scene.voices[face]
    lips = trial.lips.clone()
    lips[face] = still[face]
    return energy_ratio(trial.separate(mixture, lips)[face], mixture)


def mask_ideally(mixture: Tensor, voices: Tensor) -> Tensor:
    """True magnitudes, at most the mixture's, with the mixture's phase: the ceiling of masking.

    Shape: (time,), (voices, time) -> (voices, time)
    """
    noisy = analyse(mixture[None])
    mask = (analyse(voices).abs() / noisy.abs().clamp_min(1e-9)).clamp_max(1)
    return synthesise(mask * noisy)
