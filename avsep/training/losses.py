"""What training minimises, and the dB it is judged by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from avsep.model.cues import lag_scores
from avsep.model.spectrum import analyse, synthesise

REACH = 12  # frames to either side between which a lag is looked for
LOST = 0.03  # share of a voice's direction: all below 15 dB under the rest is as lost as can be
SILENT = 1e-4  # of the mixture's energy: what is below is no voice
FLOOR = 1e-3  # of the mixture's energy: an error 30 dB below the mixture is good enough


def separation_loss(voice: Tensor, truth: Tensor, mixture: Tensor) -> Tensor:
    """Error energy of the sound on a logarithmic scale, and distance of square-root magnitudes.

    The first term works on sound, so a mask with the noisy phase is drawn to the phase-sensitive
    mask, and what overlapping windows cancel is no error (consistency: Wisdom et al. 2019); it
    is measured against the mixture, so that a silent truth has a finite loss too. The second
    lets every bin count, soft ones as well (the paper's L1 on magnitudes, compressed). The mask
    fixes the scale; neither term is blind to it.

    Shape: complex (batch, bins, hops) three times -> (batch,)
    """
    energy = synthesise(mixture).square().sum(1) + 1e-7
    error = synthesise(voice - truth).square().sum(1) / energy
    roots = (voice.abs() + 1e-7).sqrt() - (truth.abs() + 1e-7).sqrt()
    scale = (mixture.abs() + 1e-7).sqrt().mean((1, 2))
    return torch.log10(error + FLOOR) + 2 * roots.abs().mean((1, 2)) / scale


def sound_loss(voice: Tensor, truth: Tensor, mixture: Tensor) -> Tensor:
    """`separation_loss` of sound, where a network speaks in another transform, and a third term.

    For the error alone, a voice that was taken for silence costs as much as the mixture itself;
    for a listener it is lost. So half of the weight goes to the SI-SDR (Le Roux et al. 2019).

    Shape: (batch, time) three times -> (batch,)
    """
    energy = mixture.square().sum(1) + 1e-5
    error = (voice - truth).square().sum(1) / energy
    found, right, heard = (analyse(x).abs().add(1e-7).sqrt() for x in (voice, truth, mixture))
    distance = (found - right).abs().mean((1, 2)) / heard.mean((1, 2))
    lost = direction_loss(voice, truth, energy)
    return (torch.log10(error + FLOOR) + lost) / 2 + 2 * distance


def direction_loss(voice: Tensor, truth: Tensor, energy: Tensor) -> Tensor:
    """Minus the SI-SDR in units of 10 dB, from -30 to 15 dB; 0 where the truth is silent.

    With rho the cosine between voice and truth, the SI-SDR is rho^2 / (1 - rho^2).

    Shape: (batch, time), (batch, time), (batch,) -> (batch,)
    """
    spoken = truth.square().sum(1)
    size = (voice.square().sum(1) + SILENT * energy) * (spoken + SILENT * energy)
    share = (voice * truth).sum(1).square() / size
    loss = torch.log10((1 - share).clamp_min(0) + FLOOR) - torch.log10(share + LOST)
    return torch.where(spoken > SILENT * energy, loss, 0.0)


def phase_loss(phase: Tensor, truth: Tensor) -> Tensor:
    """Minus the cosine between unit phase vectors, weighted by the true magnitude.

    Afouras et al. 2018, equation 2, scaled by the voice's own mean magnitude.

    Shape: (batch, 2, bins, hops), complex (batch, bins, hops) -> (batch,)
    """
    aligned = phase[:, 0] * truth.real + phase[:, 1] * truth.imag
    return -aligned.sum((1, 2)) / truth.abs().sum((1, 2)).clamp_min(1e-4)


def cue_loss(cue: Tensor, truth: Tensor, seen: Tensor) -> Tensor:
    """Mean square distance between predicted and true coarse spectrum where the face is seen.

    Shape: (batch, bands, frames), (batch, bands, frames), (batch, frames) -> (batch,)
    """
    visible = seen.to(cue.dtype)
    distance = (cue - truth).square().mean(1)
    return (distance * visible).sum(1) / visible.sum(1).clamp_min(1)


def synchrony_loss(
    cue: Tensor, truth: Tensor, reach: int = REACH, sharpness: float = 20.0
) -> Tensor:
    """Contrast of the right moment against other moments of the same clip.

    Predicted and true coarse spectra are compared at every lag up to ``reach`` frames; the
    lag 0 has to win (cross-entropy over lags).

    Shape: (batch, bands, frames) twice -> (batch,)
    """
    scores = sharpness * lag_scores(cue, truth, reach)
    right = torch.full((len(cue),), reach, device=cue.device)
    return functional.cross_entropy(scores, right, reduction="none")
