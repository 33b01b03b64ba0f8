"""What the tests of the whole tool share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from avsep.batch import executors
from avsep.cli.app import app
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


@pytest.fixture
def see_faces(monkeypatch):
    """Let these faces be seen in every frame, and nobody be known by their face."""

    def see(*faces):
        monkeypatch.setattr("avsep.kit.load_detector", lambda *_: lambda _image: list(faces))
        monkeypatch.setattr("avsep.kit.load_embedder", lambda *_: None)

    return see


@pytest.fixture
def try_split(mending_weights, in_this_process):
    """Run `avsep split` in a folder of its own; what became of it."""
    del in_this_process
    words = ["split", "--model", str(mending_weights)]
    return lambda *more: CliRunner().invoke(app, [*words, *map(str, more)])


@pytest.fixture
def split_into(weights, tmp_path):
    """Split a recording by the command line; the folder of the result."""

    def run(source: Path, *words: object, output: Path = tmp_path / "out") -> Path:
        asked = ["split", str(source), "--model", str(weights), "-o", str(output)]
        done = CliRunner().invoke(app, [*asked, *map(str, words)])
        assert done.exit_code == 0, done.output
        return output / source.stem

    return run
