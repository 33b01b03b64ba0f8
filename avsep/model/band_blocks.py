"""What a band separator is built of: blocks that begin as identity and compute piece by piece.

Shapes: F faces, T hops, K bands, N channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from avsep.model.band_split import BANDS
from avsep.model.conditioning import mean_of_others
from avsep.timeline import Span

GROUP = 8  # channels that share a matrix over bands
AT_ONCE = 64  # hops in full precision; as many bytes of them in half
FULL = 4  # bytes of a number in full precision

# Hops from the first up to the second, (F, hops, K, N).
ReadHops: TypeAlias = Callable[[int, int], Tensor]


class LocalBlock(nn.Module):
    """A dense 3 x 3 convolution over time (dilated) and neighbouring bands."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(channels)
        self.enter = nn.Conv2d(channels, channels, 3, padding=(0, 1), dilation=(dilation, 1))
        self.leave = _start_at_zero(nn.Linear(channels, channels))

    def forward(self, read: ReadHops, start: int, stop: int, hops: int) -> Tensor:
        """Some hops of what comes in; around them is read as far as the convolution reaches.

        Args:
            read: What comes in.
            start: First hop.
            stop: Hop after the last one.
            hops: How many there are in all.

        Returns:
            (F, stop - start, K, N).
        """
        first, last = start - self.dilation, stop + self.dilation
        x = read(max(first, 0), min(last, hops))
        y = self.norm(x).permute(0, 3, 1, 2)
        if first < 0 or last > hops:
            y = functional.pad(y, (0, 0, max(-first, 0), max(last - hops, 0)))
        y = self.enter(y).permute(0, 2, 3, 1)
        x = x[:, start - max(first, 0) :][:, : stop - start]
        return x + _map(functional.silu(y), self.leave.weight, self.leave.bias)


class BandMixer(nn.Module):
    """All bands of a hop to all bands: a matrix for every eight channels, gated."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.enter = nn.Linear(channels, 2 * channels)
        self.mix = nn.Parameter(torch.randn(channels // GROUP, BANDS, BANDS) * BANDS**-0.5 * 0.5)
        self.leave = _start_at_zero(nn.Linear(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (F, T, K, N) -> (F, T, K, N)."""
        y = self.norm(x)
        # Two maps in the place of one to both, a product of matrices in the place of an einsum:
        # the same to the bit, a fifth to a quarter faster on a CPU.
        halves = zip(self.enter.weight.chunk(2), self.enter.bias.chunk(2), strict=True)
        y, gate = (_map(y, weight, bias) for weight, bias in halves)
        y = self._mix(y) * torch.sigmoid(gate)
        return x + _map(y, self.leave.weight, self.leave.bias)

    def _mix(self, x: Tensor) -> Tensor:
        faces, hops, bands, channels = x.shape
        groups = x.reshape(-1, bands, channels // GROUP, GROUP).permute(2, 1, 0, 3)
        mixed = self.mix @ groups.reshape(-1, bands, faces * hops * GROUP)
        mixed = mixed.view(-1, bands, faces * hops, GROUP).permute(2, 1, 0, 3)
        return mixed.reshape(x.shape)


class Exchange(nn.Module):
    """Every face hears the mean of the other faces of its scene that are known."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.leave = _start_at_zero(nn.Linear(2 * channels, channels))

    def forward(self, x: Tensor, known: Tensor, scene: Tensor, start: int, stop: int) -> Tensor:
        """Some hops: (F, T, K, N), (F, T, 1, 1), (F,) -> (F, stop - start, K, N)."""
        of_self, of_others = self.leave.weight.chunk(2, 1)
        x = x[:, start:stop]
        y = self.norm(x)
        heard = x + _map(y, of_self, self.leave.bias)
        if len(scene) == 1:  # nobody else is there
            return heard
        # Mapped before the mean is taken: the same, without both side by side in memory.
        return heard + mean_of_others(_map(y, of_others), known[:, start:stop], scene)


class Block(nn.ModuleList):
    """A local block and a mixer, some hops at a time."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__([LocalBlock(channels, dilation), BandMixer(channels)])

    def forward(self, read: ReadHops, pieces: Sequence[Span]) -> Tensor:
        """What is read to (F, T, K, N), piece by piece."""
        local, mixer = self
        hops = pieces[-1][1]
        return torch.cat([mixer(local(read, *piece, hops)) for piece in pieces], dim=1)


def cut_hops(x: Tensor) -> list[Span]:
    """Pieces of (F, T, K, N) along T that fit a core's cache; a GPU takes all at once."""
    hops = x.shape[1]
    step = hops if x.is_cuda else AT_ONCE * FULL // x.element_size()
    edges = [*range(0, hops, step), hops]
    return list(pairwise(edges))


def _map(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A linear map of every band, (F, T, K, N) -> (F, T, K, M).

    On a CPU as a convolution, which adds the bias on its way.
    """
    if x.is_cuda:
        return functional.linear(x, weight, bias)
    y = functional.conv2d(x.permute(0, 3, 1, 2), weight[:, :, None, None], bias)
    return y.permute(0, 2, 3, 1)


def _start_at_zero(linear: nn.Linear) -> nn.Linear:
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
