"""Cues as lips of people never seen would tell them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def simulate_cue(truth: Tensor, generator: torch.Generator) -> Tensor:
    """What lips of unseen people would have said: smoothed in time, damped, noisy.

    Loudness and spectral shape get separate correlations with the truth, drawn for each voice
    from what real lips reach. A predictor trained by mean squares is damped by its correlation
    ``r``: ``r^2 truth + r sqrt(1 - r^2) noise`` has both the correlation and that damping.

    Shape: (batch, bands, frames) -> (batch, bands, frames)
    """
    return damp(smooth(truth, generator), (0.3, 0.9), (0.1, 0.7), generator)


def damp(
    truth: Tensor,
    loudness: tuple[float, float],
    shape: tuple[float, float],
    generator: torch.Generator,
) -> Tensor:
    """A cue whose loudness and spectral shape correlate so well with the truth.

    Shape: (batch, bands, frames) -> (batch, bands, frames)

    Args:
        truth: Coarse spectra.
        loudness: Lowest and highest correlation of the mean over bands.
        shape: The same of what differs between bands.
        generator: Of the correlations drawn and of the noise.
    """
    mean = truth.mean((1, 2), keepdim=True)
    loud = truth.mean(1, keepdim=True) - mean
    return (
        mean
        + predict(loud, *loudness, generator)
        + predict(truth - loud - mean, *shape, generator)
    )


def smooth(x: Tensor, generator: torch.Generator) -> Tensor:
    """Blur each item in time by a Gaussian of a random width up to two frames.

    Shape: (batch, bands, frames) -> (batch, bands, frames)
    """
    width = _draw(len(x), 1, generator=generator) * 2 + 0.3
    kernel = torch.exp(-0.5 * (torch.arange(-5, 6, device=width.device) / width) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(x)
    padded = functional.pad(x, (5, 5), mode="replicate").unfold(-1, 11, 1)
    return torch.einsum("bctk,bk->bct", padded, kernel)


def predict(truth: Tensor, lowest: float, highest: float, generator: torch.Generator) -> Tensor:
    """What a predictor of a correlation with the truth, drawn between two, would say.

    Shape: (batch, bands, frames) -> (batch, bands, frames)
    """
    r = _draw(len(truth), 1, 1, generator=generator).to(truth) * (highest - lowest) + lowest
    spread = truth.std((1, 2), keepdim=True)
    noise = torch.randn(truth.shape, generator=generator, device=generator.device)
    noise = smooth(noise.to(truth), generator)
    noise = noise / noise.std((1, 2), keepdim=True).clamp_min(1e-3) * spread.clamp_min(0.3)
    return r**2 * truth + r * (1 - r**2).sqrt() * noise


def _draw(*shape: int, generator: torch.Generator) -> Tensor:
    """Uniform numbers; a generator of the CPU gives the same for every device."""
    return torch.rand(*shape, generator=generator, device=generator.device)
