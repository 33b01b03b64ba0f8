"""Blocks keep the time."""

from __future__ import annotations

import torch
from torch import nn

from avsep.model.layers import TemporalBlock


def test_strided_and_transposed_blocks_keep_a_steady_signal_in_place():
    down, up = TemporalBlock(4, stride=2), TemporalBlock(4, factor=2)
    for part in (down, up):
        nn.init.zeros_(part.across.weight)
        nn.init.zeros_(part.across.bias)
    x = torch.arange(8.0).expand(1, 4, 1, 8)
    expected = torch.tensor([0.5, 0.5, 2.5, 2.5, 4.5, 4.5, 6.5, 6.5])
    torch.testing.assert_close(up(down(x))[0, 0, 0], expected)
