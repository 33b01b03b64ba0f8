"""The short-time Fourier transform the network hears and speaks in.

The picture is the clock: one picture lasts four frames of the transform. Window and hop are
fixed in seconds (40 and 10 ms), so at every sample rate the bins lie 25 Hz apart and frame ``k``
is centred on the same moment.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SAMPLE_RATE = 16_000
FRAME_RATE = 25
HOPS_PER_SECOND = 100
BIN_WIDTH = 25  # Hz
HOPS_PER_FRAME = HOPS_PER_SECOND // FRAME_RATE
SAMPLES_PER_FRAME = SAMPLE_RATE // FRAME_RATE
BINS = SAMPLE_RATE // 2 // BIN_WIDTH + 1


def analyse(sound: Tensor, sample_rate: int = SAMPLE_RATE) -> Tensor:
    """Complex spectrum of sound, scaled so that its magnitudes don't depend on the rate.

    Args:
        sound: (batch, time), a whole number of hops long.
        sample_rate: Hz, a multiple of 100.

    Returns:
        Complex (batch, bins, hops), where bin ``b`` is at ``25 b`` Hz.
    """
    window, hop, margin = _window(sound, sample_rate)
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


def synthesise(spectrum: Tensor, sample_rate: int = SAMPLE_RATE) -> Tensor:
    """Sound of a complex spectrum: the inverse of `analyse`, by weighted overlap-add.

    Shape: complex (batch, bins, hops) -> (batch, hops * sample_rate / 100)
    """
    window, hop, margin = _window(spectrum.real, sample_rate)
    hops = spectrum.shape[-1]
    segments = torch.fft.irfft(spectrum * window.sum(), n=len(window), dim=1) * window[:, None]
    length = (hops - 1) * hop + len(window)
    weight = (window**2)[:, None].expand(-1, hops)[None]
    kept = slice(margin, margin + hops * hop)
    sound = _overlap_add(segments, length, hop)[:, kept]
    return sound / _overlap_add(weight, length, hop)[:, kept].clamp_min(1e-3)


def _window(like: Tensor, sample_rate: int) -> tuple[Tensor, int, int]:
    """Hann window of 40 ms, hop of 10 ms, and the margin that centres frame 0 on hop 0."""
    hop = sample_rate // HOPS_PER_SECOND
    length = sample_rate // BIN_WIDTH
    window = torch.hann_window(length, dtype=like.dtype, device=like.device)
    return window, hop, (length - hop) // 2


def _overlap_add(segments: Tensor, length: int, hop: int) -> Tensor:
    """Shape: (batch, window, hops) -> (batch, length)."""
    return functional.fold(segments, (1, length), (1, segments.shape[1]), stride=(1, hop))[:, 0, 0]
