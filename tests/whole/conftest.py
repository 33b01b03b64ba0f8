"""What the tests of the whole tool share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from avsep.batch import executors
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.progress import no_progress


@pytest.fixture
def in_this_process(tmp_path, monkeypatch):
    """Work in a folder of its own, and in this process: others wouldn't know a test's faces."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "avsep.batch.executors.choose_crew",
        lambda choice, options, board, **_: executors.work_alone(choice, options, no_progress),
    )


@pytest.fixture(scope="session")
def mending_weights(tmp_path_factory) -> Path:
    """A checkpoint of a network that has learnt nothing, but changes phases."""
    torch.manual_seed(0)
    network = SeparationNetwork(TINY)
    nn.init.normal_(network.phase.leave.weight, std=0.3)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_model(network, path)
    return path
