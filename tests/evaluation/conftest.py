"""A network that has learnt nothing, and a scene for it."""

from __future__ import annotations

import pytest
import torch

from avsep.evaluation.mixtures import Scene
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from evaluation_set import speech


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return SeparationNetwork(TINY).eval()


@pytest.fixture
def scene():
    mouths = torch.randint(0, 255, (2, 125, 16, 16), dtype=torch.uint8)
    voices = torch.stack([speech(1), speech(2)])
    return Scene(voices, mouths, mouths[:, :1].expand_as(mouths), torch.zeros_like(voices[0]))
