"""How near a voice is to the true one."""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 1e-9
SILENCE = -100.0  # dB, of a voice in which there is nothing


def si_sdr(voice: Tensor, truth: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019, equation 3), dB.

    Shape: (..., time) twice -> (...)
    """
    energy = truth.square().sum(-1, keepdim=True).clamp_min(EPSILON)
    target = (voice * truth).sum(-1, keepdim=True) / energy * truth
    noise = (voice - target).square().sum(-1)
    ratio = 10 * torch.log10((target.square().sum(-1) + EPSILON) / (noise + EPSILON))
    return torch.where(voice.any(-1), ratio, SILENCE)


def energy_ratio(sound: Tensor, reference: Tensor) -> Tensor:
    """Energy of one sound against another, dB.

    Shape: (..., time) twice -> (...)
    """
    one, other = sound.square().sum(-1), reference.square().sum(-1)
    return 10 * torch.log10((one + EPSILON) / (other + EPSILON))
