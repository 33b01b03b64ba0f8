"""What lips can tell of a voice: its coarse spectrum at 25 Hz, and how late it is."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from einops import reduce
from numpy.typing import NDArray
from torch import Tensor

from avsep.model.config import HEARD_REACH
from avsep.model.spectrum import BIN_WIDTH, BINS, COARSE, FINE, Transform
from avsep.model.surroundings import mean_around

SLOPE = 3  # lags to each side that belong to the same peak


def find_peak(scores: NDArray[np.floating]) -> tuple[int, float]:
    """The best lag, and by how much its score is above that of all lags farther off.

    Args:
        scores: By lag, the lag 0 in the middle.
    """
    best = int(scores.argmax())
    far = np.abs(np.arange(len(scores)) - best) > SLOPE
    return best - len(scores) // 2, float(scores[best] - scores[far].max())


LOWEST, HIGHEST = 80, 7600  # Hz
ACTIVE_RANGE = 30.0  # dB below the loudest frame that still counts as speech
SILENCE = -8.0  # log10 of an energy that is no sound at all
QUIET = -3.0  # the cue of a closed mouth, in units of 10 dB
FAR_BELOW = 1.0  # what is heard, in units of 10 dB: whoever is softer is told to be soft
UNHEARD = 3e-4  # of the power that is heard: whatever is below it counts as so much
MEAN_OF_LOGS = 0.5  # by so much speech's mean of logarithms is below that of its mean power


def coarse_spectrum(spectrum: Tensor, bands: int) -> Tensor:
    """Log-mel energies of a voice, each band relative to its own mean while the voice is active.

    Loudness and timbre of a person can't be seen; how both move can.

    Shape: complex (..., bins, hops) -> (..., bands, frames), in units of 10 dB
    """
    energy = torch.log10(band_power(spectrum, bands, FINE) + 1e-9)
    loudness = energy.mean(-2, keepdim=True)
    loudest = loudness.amax(-1, keepdim=True)
    active = ((loudness > loudest - ACTIVE_RANGE / 10) & (loudest > SILENCE)).to(energy)
    mean = (energy * active).sum(-1, keepdim=True) / active.sum(-1, keepdim=True).clamp_min(1)
    return (energy - mean).clamp(QUIET, -QUIET) * active + QUIET * (1 - active)


def heard_cue(voices: Tensor, noisy: Tensor, scene: Tensor, seen: Tensor, bands: int) -> Tensor:
    """The coarse spectrum of voices that were found, as lips would tell it.

    Each band relative to its mean power around each frame, so that a chunk with enough context
    gives what the whole recording gives. Whoever is far below what is heard is told to be as soft:
    what little was found may be the others.

    Args:
        voices: Complex spectra as found, (faces, bins, hops).
        noisy: Of what is heard, (scenes, bins, hops).
        scene: Which scene each face belongs to, (faces,).
        seen: Where each face is seen, bool (faces, frames).
        bands: How many.

    Returns:
        (faces, bands, frames), in units of 10 dB.
    """
    power, whole = (band_power(x, bands, COARSE) for x in (voices, noisy))
    there = seen[:, None].to(power)
    level, loudest = (mean_around(x, there, HEARD_REACH) for x in (power, whole[scene]))
    floor = UNHEARD * loudest.mean(1, keepdim=True) + 1e-20
    own, level, loudest = (torch.log10(x + floor) for x in (power, level, loudest))
    lift = loudest.mean(1, keepdim=True) - FAR_BELOW - level.mean(1, keepdim=True)
    return (own - level - lift.clamp_min(0) + MEAN_OF_LOGS).clamp(QUIET, -QUIET)


def band_power(spectrum: Tensor, bands: int, transform: Transform) -> Tensor:
    """Power in mel bands: complex (..., bins, hops) of a transform -> (..., bands, frames)."""
    hops = transform.hops_per_frame
    power = reduce(spectrum.abs().square(), "... b (t h) -> ... b t", "sum", h=hops)
    return mel_filters(bands).to(power) @ power


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


def lag_scores(cue: Tensor, truth: Tensor, reach: int) -> Tensor:
    """Correlation of predicted and true coarse spectrum at each lag of the sound.

    Shape: (batch, bands, frames) twice -> (batch, 2 * reach + 1); entry ``reach + k`` belongs
    to sound that is ``k`` frames late.
    """
    inner = (cue - cue.mean(-1, keepdim=True))[..., reach:-reach]
    shifted = truth.unfold(-1, inner.shape[-1], 1)  # (batch, bands, lags, frames)
    shifted = shifted - shifted.mean(-1, keepdim=True)
    dot = torch.einsum("bct,bclt->bl", inner, shifted)
    norms = inner.square().sum((1, 2))[:, None] * shifted.square().sum((1, 3))
    return dot / (norms + 1e-3).sqrt()
