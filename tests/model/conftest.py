"""A small network, and two scenes for it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BINS


@pytest.fixture(scope="module")
def tiny() -> SeparationNetwork:
    torch.manual_seed(0)
    network = SeparationNetwork(TINY).eval()
    nn.init.normal_(network.phase.leave.weight, std=0.3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.bias.data.normal_(0, 0.1)
    return network


@pytest.fixture(scope="module")
def scene() -> tuple[torch.Tensor, ...]:
    """Two scenes, of three faces and of two, 30 frames long."""
    draw = torch.Generator().manual_seed(1)
    noisy = torch.randn(2, BINS, 120, dtype=torch.complex64, generator=draw)
    mouths = torch.rand(5, 30, 16, 16, generator=draw) * 2 - 1
    seen = torch.rand(5, 30, generator=draw) > 0.2
    return noisy, mouths, seen, torch.tensor([0, 0, 0, 1, 1])
