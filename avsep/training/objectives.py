"""The loss of each kind of stage, from a batch of scenes."""

from __future__ import annotations

import torch
from torch import Tensor

from avsep.model.conditioning import Conditioning
from avsep.model.cues import coarse_spectrum
from avsep.model.lip_reader import to_grey
from avsep.model.network import SeparationNetwork, unit_phase
from avsep.model.spectrum import analyse
from avsep.training.losses import cue_loss, phase_loss, separation_loss, synchrony_loss
from avsep.training.scenes import Scenes, join_scenes
from avsep.training.simulated_cues import simulate_cue

CUE_WEIGHT = 0.5  # of the lips' own lesson while they learn with the separator
SYNCHRONY_WEIGHT = 0.3  # of knowing the right moment, while lips learn alone
PHASE_WEIGHT = 0.5
HEARD = 1e-3  # sum of magnitudes from which on a voice has a phase
SEEN = 0.3  # share of frames from which on a face says which voice is meant


def lips_objective(network: SeparationNetwork, scenes: Scenes) -> Tensor:
    """Predict the coarse spectrum from the mouth, and know the right moment."""
    assert scenes.mouths is not None
    _, cue = network.lips(to_grey(scenes.mouths))
    truth = true_cue(scenes, network)
    return (
        cue_loss(cue, truth, scenes.seen) + SYNCHRONY_WEIGHT * synchrony_loss(cue, truth)
    ).mean()


def separation_objective(
    network: SeparationNetwork, faces: Scenes | None, voices: Scenes | None, draw: torch.Generator
) -> Tensor:
    """Separate: faces end to end, voices without faces told by simulated cues.

    Every face counts alike, so a scene of five counts more than one of two.

    Both go through the magnitude sub-network as one batch, so that its batch norms see one
    world.
    """
    told: list[Conditioning] = []
    lesson: Tensor | float = 0.0
    if faces is not None:
        seen, cue = watch_faces(network, faces)
        told.append(seen)
        if network.config.cue_bands:
            lesson = cue_loss(cue, true_cue(faces, network), faces.seen).mean()
    if voices is not None:
        told.append(simulate_lips(network, voices, draw))
    scenes = join_scenes([scene for scene in (faces, voices) if scene is not None])
    together = Conditioning(torch.cat([t.lips for t in told]), scenes.known, scenes.scene)
    return _separation(network, scenes, together).mean() + CUE_WEIGHT * lesson


def phase_objective(network: SeparationNetwork, scenes: Scenes) -> Tensor:
    """Mend the phase of what the (frozen) magnitude sub-network gives."""
    noisy, truth = analyse(scenes.mixture), analyse(scenes.voices)
    with torch.no_grad():
        told, _ = watch_faces(network, scenes)
        mask = network.magnitude(noisy.abs(), told)
    noisy = noisy[scenes.scene]
    magnitude = mask * noisy.abs()
    phase = network.phase(magnitude, unit_phase(noisy))
    voice = torch.complex(magnitude * phase[:, 0], magnitude * phase[:, 1])
    energy = noisy.abs().square().sum((1, 2)) + 1e-7
    error = (voice - truth).abs().square().sum((1, 2)) / energy
    heard = truth.abs().sum((1, 2)) > HEARD
    loss = torch.log10(error + 1e-3) + PHASE_WEIGHT * phase_loss(phase, truth)
    return (loss * heard).sum() / heard.sum().clamp_min(1)


def simulate_lips(
    network: SeparationNetwork, scenes: Scenes, generator: torch.Generator
) -> Conditioning:
    """What `watch_faces` tells, for voices without faces: silent features, simulated cues."""
    cue = simulate_cue(true_cue(scenes, network), generator)
    features = cue.new_zeros(len(cue), network.config.lip_channels, cue.shape[-1])
    return network.condition(features, cue, scenes.seen, scenes.scene, scenes.known)


def watch_faces(network: SeparationNetwork, scenes: Scenes) -> tuple[Conditioning, Tensor]:
    """What the lips of each scene tell, and their cues, (faces, bands, frames)."""
    assert scenes.mouths is not None
    visible = scenes.seen.to(torch.float32)
    features, cue = network.lips(to_grey(scenes.mouths) * visible[..., None, None])
    told = network.condition(features, cue, scenes.seen, scenes.scene, scenes.known)
    return told, features[:, :0] if cue is None else cue * visible[:, None]


def true_cue(scenes: Scenes, network: SeparationNetwork) -> Tensor:
    """Coarse spectra of what the faces say, (faces, bands, frames)."""
    return coarse_spectrum(analyse(scenes.said), network.config.cue_bands)


def _separation(network: SeparationNetwork, scenes: Scenes, told: Conditioning) -> Tensor:
    noisy = analyse(scenes.mixture)
    mask = network.magnitude(noisy.abs(), told)
    noisy = noisy[scenes.scene]
    losses = separation_loss(mask * noisy, analyse(scenes.voices), noisy)
    # Where a face is hardly seen nothing says which voice is meant.
    return losses * (scenes.seen.float().mean(-1) > SEEN)
