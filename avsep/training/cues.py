"""What lips can tell of a voice: its coarse spectrum, at the picture rate.

The lip reader is trained to predict it, and where there are voices but no faces it is simulated
as well, or as badly, as lips of people never seen predict it.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from einops import reduce
from torch import Tensor
from torch.nn import functional

from avsep.model.spectrum import BIN_WIDTH, BINS, HOPS_PER_FRAME

LOWEST, HIGHEST = 80, 7600  # Hz
ACTIVE_RANGE = 30.0  # dB below the loudest picture that still counts as speech
SILENCE = -8.0  # log10 of an energy that is no sound at all
QUIET = -3.0  # the cue of a closed mouth, in units of 10 dB


def coarse_spectrum(spectrum: Tensor, bands: int) -> Tensor:
    """Log-mel energies of a voice, each band relative to its own mean while the voice is active.

    Loudness and timbre of a person can't be seen; how both move can.

    Shape: complex (..., bins, hops) -> (..., bands, pictures), in units of 10 dB
    """
    power = reduce(spectrum.abs().square(), "... b (t h) -> ... b t", "sum", h=HOPS_PER_FRAME)
    energy = torch.log10(mel_filters(bands).to(power) @ power + 1e-9)
    loudness = energy.mean(-2, keepdim=True)
    loudest = loudness.amax(-1, keepdim=True)
    active = ((loudness > loudest - ACTIVE_RANGE / 10) & (loudest > SILENCE)).to(energy)
    mean = (energy * active).sum(-1, keepdim=True) / active.sum(-1, keepdim=True).clamp_min(1)
    return (energy - mean).clamp(QUIET, -QUIET) * active + QUIET * (1 - active)


def simulate_cue(truth: Tensor, generator: torch.Generator) -> Tensor:
    """What lips of unseen people would have said: smoothed in time, damped, noisy.

    Loudness and spectral shape get separate correlations with the truth, drawn for each voice
    from what real lips reach. A predictor trained by mean squares is damped by its correlation
    ``r``: ``r^2 truth + r sqrt(1 - r^2) noise`` has both the correlation and that damping.

    Shape: (batch, bands, pictures) -> (batch, bands, pictures)
    """
    return damp(smooth(truth, generator), (0.3, 0.9), (0.1, 0.7), generator)


def damp(
    truth: Tensor,
    loudness: tuple[float, float],
    shape: tuple[float, float],
    generator: torch.Generator,
) -> Tensor:
    """A cue whose loudness and spectral shape correlate so well with the truth.

    Shape: (batch, bands, pictures) -> (batch, bands, pictures)

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
    """Blur each item in time by a Gaussian of a random width up to two pictures.

    Shape: (batch, bands, pictures) -> (batch, bands, pictures)
    """
    width = _draw(len(x), 1, generator=generator) * 2 + 0.3
    kernel = torch.exp(-0.5 * (torch.arange(-5, 6, device=width.device) / width) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(x)
    padded = functional.pad(x, (5, 5), mode="replicate").unfold(-1, 11, 1)
    return torch.einsum("bctk,bk->bct", padded, kernel)


def predict(truth: Tensor, lowest: float, highest: float, generator: torch.Generator) -> Tensor:
    """What a predictor of a correlation with the truth, drawn between two, would say.

    Shape: (batch, bands, pictures) -> (batch, bands, pictures)
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


@cache
def mel_filters(bands: int) -> Tensor:
    """Triangles on the mel scale of Slaney (1998), each of area one, as librosa makes them.

    Made here, since the machine that trains may have nothing but torch.

    Returns:
        (bands, bins).
    """
    edges = _mel_to_hertz(torch.linspace(*_EDGES_IN_MEL, bands + 2, dtype=torch.float64))
    bins = torch.arange(BINS, dtype=torch.float64) * BIN_WIDTH
    rising = (bins - edges[:-2, None]) / edges.diff()[:-1, None]
    falling = (edges[2:, None] - bins) / edges.diff()[1:, None]
    height = 2 / (edges[2:] - edges[:-2])
    return (torch.minimum(rising, falling).clamp_min(0) * height[:, None]).float()


def _mel_to_hertz(mel: Tensor) -> Tensor:
    """Linear up to 1 kHz, 15 mel; logarithmic above, 27 mel to a factor of 6.4."""
    return torch.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))  # noqa: PLR2004


# `LOWEST` below 1 kHz, `HIGHEST` above it.
_EDGES_IN_MEL = (LOWEST * 3 / 200, 15 + 27 * math.log(HIGHEST / 1000, 6.4))
