"""Checkpoints come back whole, and what is none is refused."""

from __future__ import annotations

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from avsep.errors import ModelError
from avsep.model.checkpoint import load_model, save_model
from avsep.model.config import TINY


def test_a_checkpoint_comes_back_with_its_configuration(tmp_path, tiny, scene):
    path = tmp_path / "tiny.safetensors"
    save_model(tiny, path, stage="test")
    loaded = load_model(path)
    assert loaded.config == TINY
    with torch.inference_mode():
        difference = (loaded(*scene) - tiny(*scene)).abs().max() / scene[0].abs().max()
    assert difference < 0.01  # stored in half precision


def test_a_file_that_is_no_checkpoint_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "text.safetensors"
    path.write_text("hello, this is not a checkpoint at all")
    with pytest.raises(ModelError, match="not an avsep checkpoint"):
        load_model(path)


def test_weights_of_another_shape_are_refused_in_a_sentence(tmp_path, tiny):
    file = tmp_path / "other.safetensors"
    save_model(tiny, file)
    with safe_open(file, "pt") as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        notes = stored.metadata()
    tensors["magnitude.leave.weight"] = tensors["magnitude.leave.weight"][:-1].clone()
    save_file(tensors, file, metadata=notes)
    with pytest.raises(ModelError, match="another version of avsep"):
        load_model(file)


def test_unknown_weights_are_refused_with_the_known_ones_as_hint():
    with pytest.raises(ModelError, match="no bundled weights") as caught:
        load_model("nonsense")
    assert "Choose from" in caught.value.hint
