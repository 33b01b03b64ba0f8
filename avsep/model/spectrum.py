"""The short-time Fourier transforms the networks hear and speak in.

The frame is the clock: one frame lasts a whole number of hops of a transform. Window and
hop are fixed in seconds, so at every sample rate the bins lie 25 Hz apart and hop ``k`` is
centred on the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from avsep.timeline import FRAME_RATE

SAMPLE_RATE = 16_000
HOPS_PER_SECOND = 100
BIN_WIDTH = 25  # Hz
HOPS_PER_FRAME = HOPS_PER_SECOND // FRAME_RATE
SAMPLES_PER_FRAME = SAMPLE_RATE // FRAME_RATE
BINS = SAMPLE_RATE // 2 // BIN_WIDTH + 1


@dataclass(frozen=True, slots=True)
class Transform:
    """A window of 40 ms, the same for analysis and synthesis, and its hop.

    Attributes:
        hops_per_second: A multiple of the frames' rate.
        exponent: Of the Hann window.
    """

    hops_per_second: int
    exponent: float

    @property
    def hops_per_frame(self) -> int:
        """Hops in one frame."""
        return self.hops_per_second // FRAME_RATE


FINE = Transform(HOPS_PER_SECOND, 1.0)  # Afouras et al. 2018, section 2.2
COARSE = Transform(50, 0.5)  # windows of analysis and synthesis sum to one


def analyse(sound: Tensor, sample_rate: int = SAMPLE_RATE, transform: Transform = FINE) -> Tensor:
    """Complex spectrum of sound, scaled so that its magnitudes don't depend on the rate.

    Args:
        sound: (batch, time), a whole number of hops long.
        sample_rate: Hz, a multiple of 100.
        transform: Window and hop.

    Returns:
        Complex (batch, bins, hops), where bin ``b`` is at ``25 b`` Hz.
    """
    window, hop, margin = _window(sound, sample_rate, transform)
    return (
        torch.stft(
            functional.pad(sound, (margin, len(window) - hop - margin)),
            n_fft=len(window),
            hop_length=hop,
            window=window,
            center=False,
            return_complex=True,
        )
        / window.sum()
    )


def synthesise(
    spectrum: Tensor, sample_rate: int = SAMPLE_RATE, transform: Transform = FINE
) -> Tensor:
    """Sound of a complex spectrum: the inverse of `analyse`, by weighted overlap-add.

    Shape: complex (batch, bins, hops) -> (batch, hops * sample_rate / hops_per_second)
    """
    window, hop, margin = _window(spectrum.real, sample_rate, transform)
    hops = spectrum.shape[-1]
    segments = torch.fft.irfft(spectrum * window.sum(), n=len(window), dim=1) * window[:, None]
    length = (hops - 1) * hop + len(window)
    weight = (window**2)[:, None].expand(-1, hops)[None]
    kept = slice(margin, margin + hops * hop)
    sound = _overlap_add(segments, length, hop)[:, kept]
    return sound / _overlap_add(weight, length, hop)[:, kept].clamp_min(1e-3)


def _window(like: Tensor, sample_rate: int, transform: Transform) -> tuple[Tensor, int, int]:
    """Window of 40 ms, hop, and the margin that centres the first window on the first hop."""
    hop = sample_rate // transform.hops_per_second
    length = sample_rate // BIN_WIDTH
    window = torch.hann_window(length, dtype=like.dtype, device=like.device)
    return window**transform.exponent, hop, (length - hop) // 2


def _overlap_add(segments: Tensor, length: int, hop: int) -> Tensor:
    """Shape: (batch, window, hops) -> (batch, length)."""
    return functional.fold(segments, (1, length), (1, segments.shape[1]), stride=(1, hop))[:, 0, 0]
