from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from avsep.device import choose_device, choose_precision, choose_training_precision
from avsep.errors import SettingError
from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.media.sound import SoundFileReader
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.separation.enhance import enhance


def test_without_a_gpu_the_cpu_is_taken(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == "cpu"


def test_a_gpu_is_taken_and_computes_with_what_it_has(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == "cuda"
    assert choose_device("cuda:1") == "cuda:1"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert choose_precision("auto", "cuda:1") is torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert choose_precision("auto", "cuda:1") is None


def test_precision_can_be_chosen():
    assert choose_precision("bf16", "cpu") is torch.bfloat16
    assert choose_precision("fp32", "cuda") is None


@pytest.mark.parametrize(
    ("known", "trained_in", "separates_in"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, torch.bfloat16, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": True}, torch.bfloat16, torch.bfloat16),
        ({"neon": True, "bf16": True}, torch.bfloat16, None),
        ({"avx2": True, "avx512_bf16": False, "cpu_name": "bf16"}, None, None),
        (None, None, None),  # an older torch
    ],
)
def test_a_processor_takes_bfloat16_only_if_it_computes_with_it(
    monkeypatch, caplog, known, trained_in, separates_in
):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    if known is not None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert choose_training_precision(torch.device("cpu")) is trained_in
    assert choose_precision("auto", "cpu") is separates_in
    assert choose_precision("fp32", "cpu") is None
    assert choose_precision("bf16", "cpu") is torch.bfloat16  # as it was asked for
    assert ("fp32 is faster" in caplog.text) == (trained_in is None)


@pytest.mark.parametrize("name", ["", "gpu", "cuda:", "cuda:x", "cuda:99", "cpu:0"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(SettingError):
        choose_device(name)


def test_an_unknown_precision_is_refused():
    with pytest.raises(SettingError):
        choose_precision("fp8", "cpu")


def test_bfloat16_changes_a_voice_by_less_than_a_hundredth(tmp_path):
    torch.manual_seed(0)
    network = SeparationNetwork(TINY).eval()
    draw = np.random.default_rng(0)
    draw.integers(0, 256, (50, 20, 20), np.uint8).tofile(tmp_path / "mouth.raw")
    track = Track(1, 0, np.zeros((50, 4), "f4"), np.zeros((50, 5, 2), "f4"), 0)
    clip = LipClip(track, tmp_path / "mouth.raw", 20)
    soundfile.write(tmp_path / "sound.wav", draw.normal(0, 0.05, 32_000), 16_000, "FLOAT")
    sound = SoundFileReader(tmp_path / "sound.wav")
    people = [Person(1, (clip,))]
    exact, cast = (
        np.concatenate(list(enhance(network.compute_in(p), sound, people, [True])), 2)
        for p in (None, torch.bfloat16)
    )
    difference = np.square(cast - exact).mean() / np.square(exact).mean()
    assert 0 < difference < 1e-4
