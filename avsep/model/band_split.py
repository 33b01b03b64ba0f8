"""From bins to bands and back: a linear map of its own for every band (Luo and Yu 2023).

Shapes: S scenes, F faces, T hops, K bands, N channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from avsep.model.spectrum import BINS

# Bins of each band: 100 Hz each below 1 kHz, 200 to 2.6 kHz, 400 to 5.8 kHz, 740 above.
BAND_WIDTHS = (*[4] * 10, *[8] * 8, *[16] * 8, 30, 30, 29)
BANDS = len(BAND_WIDTHS)
WIDEST = max(BAND_WIDTHS)


class BandSplit(nn.Module):
    """A linear map of its own for every band."""

    index: Tensor
    keep: Tensor

    def __init__(self, parts: int, channels: int) -> None:
        super().__init__()
        index, keep = _lay_out_bands()
        self.register_buffer("index", index.clamp_min(0).flatten(), persistent=False)
        self.register_buffer("keep", keep.repeat_interleave(parts, 1), persistent=False)
        self.weight = nn.Parameter(
            torch.stack(
                [torch.randn(WIDEST * parts, channels) * (w * parts) ** -0.5 for w in BAND_WIDTHS]
            )
        )
        self.bias = nn.Parameter(torch.zeros(BANDS, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (S, T, BINS, parts) -> (S, T, K, N)."""
        scenes, hops = x.shape[:2]
        x = x[:, :, self.index].reshape(scenes * hops, BANDS, -1) * self.keep
        x = torch.einsum("bkm,kmn->bkn", x, self.weight) + self.bias
        return x.view(scenes, hops, BANDS, -1)


class BandJoin(nn.Module):
    """Back from bands to bins."""

    place: Tensor

    def __init__(self, channels: int, parts: int) -> None:
        super().__init__()
        self.parts = parts
        _, keep = _lay_out_bands()
        self.register_buffer("place", keep.flatten().nonzero()[:, 0], persistent=False)
        self.weight = nn.Parameter(
            torch.randn(BANDS, channels, WIDEST * parts) * channels**-0.5 * 0.3
        )
        self.bias = nn.Parameter(torch.zeros(BANDS, WIDEST * parts))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (F, T, K, N) -> (F, T, BINS, parts)."""
        faces, hops = x.shape[:2]
        x = torch.einsum("bkn,knm->bkm", x.flatten(0, 1), self.weight) + self.bias
        x = x.reshape(faces, hops, BANDS * WIDEST, self.parts)
        return x[:, :, self.place]


def _lay_out_bands() -> tuple[Tensor, Tensor]:
    """The bins of each band, -1 where it has none, and where it has some: (K, widest) both."""
    index = torch.full((BANDS, WIDEST), -1)
    first = 0
    for band, width in enumerate(BAND_WIDTHS):
        index[band, :width] = torch.arange(first, first + width)
        first += width
    assert first == BINS
    return index, (index >= 0).float()
