"""The block all temporal parts are built of."""

from __future__ import annotations

from copy import copy
from typing import TypeVar

from torch import Tensor, nn
from torch.nn import functional

from avsep.model.config import KERNEL

M = TypeVar("M", bound=nn.Module)


def copy_module(module: M) -> M:
    """A module with the same parts and weights, of which parts can be exchanged."""
    other = copy(module)
    other._modules = dict(module._modules)
    return other


class TemporalBlock(nn.Module):
    """Pre-activated, depth-wise separable convolution over time with an identity shortcut.

    Time is the last axis of a frame one pixel high: in the channels-last layout such 2-D
    convolutions run markedly faster on a CPU than 1-D ones, with the same sums.

    Args:
        channels: In and out.
        stride: Time is divided by it; the shortcut is average-pooled.
        factor: Time is multiplied by it (a transposed convolution); the shortcut is repeated.
    """

    def __init__(self, channels: int, stride: int = 1, factor: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.factor = factor
        self.norm = nn.BatchNorm2d(channels)
        side = KERNEL // 2
        if factor == 1:
            self.along: nn.Module = nn.Conv2d(
                channels,
                channels,
                (1, KERNEL),
                (1, stride),
                (0, side),
                groups=channels,
                bias=False,
            )
        else:
            self.along = nn.ConvTranspose2d(
                channels,
                channels,
                (1, KERNEL),
                (1, factor),
                (0, side),
                (0, factor - 1),
                groups=channels,
                bias=False,
            )
        self.across = Projection(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, 1, time) -> (batch, channels, 1, time * factor / stride)."""
        shortcut = x
        if self.stride > 1:
            shortcut = functional.avg_pool2d(x, (1, self.stride))
        if self.factor > 1:
            shortcut = x.repeat_interleave(self.factor, dim=-1)
        branch: Tensor = self.across(self.along(functional.relu(self.norm(x))))
        return shortcut + branch


class Projection(nn.Linear):
    """A linear map at every moment.

    Shape: (batch, inputs, 1, time) -> (batch, outputs, 1, time)
    """

    def forward(self, x: Tensor) -> Tensor:
        """A convolution of 1 x 1, written so that channels-last input is used as it lies."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
