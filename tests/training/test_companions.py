"""Runs that learn side by side."""

from __future__ import annotations

import os
import time

import pytest
import torch
from safetensors.torch import load_file, save_file

from avsep.model.bands import BandSeparator
from avsep.model.config import BandConfig
from avsep.training.companions import OLD, SHARED, Companions
from avsep.training.separator import Plan, SeparatorRun
from device_set import PLAIN

SIZES = BandConfig(8, (1,), (1, 2), features=4)


def make(seed: int, sizes: BandConfig = SIZES) -> BandSeparator:
    torch.manual_seed(seed)
    return BandSeparator(sizes)


def copy(network: BandSeparator) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in network.state_dict().items()}


def test_each_goes_on_from_the_mean_of_what_both_wrote(tmp_path):
    folders = [tmp_path / name for name in "ab"]
    first, second = make(1), make(2)
    before = copy(first), copy(second)
    one, other = (
        Companions(folders[0], [folders[1]], 0.0),
        Companions(folders[1], [folders[0]], 0.0),
    )
    one.meet(first)  # nobody has written yet
    torch.testing.assert_close(copy(first), before[0])
    other.meet(second)
    for name, weight in second.state_dict().items():
        torch.testing.assert_close(weight, (before[0][name] + before[1][name]) / 2)
    torch.testing.assert_close(
        load_file(folders[1] / SHARED)["mask.weight"], before[1]["mask.weight"]
    )


def test_until_it_is_time_nobody_meets(tmp_path):
    network = make(1)
    Companions(tmp_path / "a", [tmp_path / "b"], 60.0).meet(network)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("fault", ["ended", "broken", "other sizes"])
def test_what_is_no_use_of_another_is_left(tmp_path, fault, caplog):
    folder = tmp_path / "b"
    folder.mkdir()
    sizes = BandConfig(16, (1,), (1, 2), features=4) if fault == "other sizes" else SIZES
    save_file(dict(make(2, sizes).named_parameters()), folder / SHARED)
    if fault == "broken":
        (folder / SHARED).write_bytes(b"half a file")
    if fault == "ended":
        then = time.time() - OLD - 1
        os.utime(folder / SHARED, (then, then))
    network = make(1)
    before = copy(network)
    Companions(tmp_path / "a", [folder], 0.0).meet(network)
    torch.testing.assert_close(copy(network), before)
    assert ("other sizes" in caplog.text) == (fault == "other sizes")


def test_a_run_takes_part(voices, noise, tmp_path):
    other = make(7)
    (tmp_path / "b").mkdir()
    save_file(dict(other.named_parameters()), tmp_path / "b" / SHARED)
    plan = Plan(steps=1, drawings=(PLAIN,), lr=1e-9, muon_lr=1e-9)
    run = SeparatorRun(SIZES, plan, voices, noise, tmp_path / "a")
    run.companions = Companions(tmp_path / "a", [tmp_path / "b"], 0.0)
    before = copy(run.network)
    run.go()
    mean = (before["mask.weight"] + other.state_dict()["mask.weight"]) / 2
    torch.testing.assert_close(run.network.state_dict()["mask.weight"], mean, atol=1e-4, rtol=1e-3)
