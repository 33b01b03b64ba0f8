"""A larger separator begins with what a smaller one knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from avsep.errors import ModelError
from avsep.model.bands import BandSeparator, Heard
from avsep.model.conditioning import Conditioning
from avsep.model.config import BandConfig
from avsep.model.spectrum import BINS
from avsep.training.growth import grow
from avsep.training.separator_weights import load_weights

SIZES = BandConfig(16, (1, 2), (1, 2), features=4, drafted=True)


def make(config: BandConfig, *, trained: bool = False) -> BandSeparator:
    torch.manual_seed(3)
    network = BandSeparator(config).eval()
    for weight in network.parameters() if trained else []:
        torch.nn.init.normal_(weight, std=0.2)  # some begin at zero
    return network


@torch.inference_mode()
def estimate(network: BandSeparator) -> Tensor:
    draw = torch.Generator().manual_seed(5)
    x = torch.randn(1, 12, BINS, 3, generator=draw)
    lips = torch.randn(2, SIZES.told, 6, generator=draw)
    told = Conditioning(lips, torch.ones(2, 6, dtype=torch.bool), torch.zeros(2, dtype=torch.long))
    return estimate_from(network, x, told, torch.rand(2, 12, BINS, generator=draw))


def estimate_from(network: BandSeparator, x: Tensor, told: Conditioning, draft: Tensor) -> Tensor:
    return network.estimate(Heard(x[..., 2], network.hear(x)), told, draft)


def grown(network: BandSeparator, config: BandConfig) -> BandSeparator:
    larger = make(config)
    larger.load_state_dict(grow(network.state_dict(), larger.state_dict()))
    return larger


@pytest.mark.parametrize(
    "larger",
    [
        replace(SIZES, channels=32),  # every channel twice: the norms see what they saw
        replace(SIZES, audio_dilations=(1, 2, 4), fusion_dilations=(1, 2, 8, 16)),
        replace(SIZES, channels=48, fusion_dilations=(1, 2, 4)),
    ],
    ids=["wider", "deeper", "both"],
)
def test_a_larger_separator_does_what_the_trained_one_did(larger):
    small = make(SIZES, trained=True)
    torch.testing.assert_close(
        estimate(grown(small, larger)), estimate(small), rtol=1e-3, atol=1e-4
    )


def test_copies_of_some_channels_change_little():
    small = make(SIZES, trained=True)
    before, after = estimate(small), estimate(grown(small, replace(SIZES, channels=24)))
    fresh = estimate(make(replace(SIZES, channels=24)))
    assert (after - before).norm() < 0.5 * (fresh - before).norm()


def test_copies_learn_each_something_of_their_own():
    network = grown(make(SIZES, trained=True), replace(SIZES, channels=32))
    source = network.split.bias.detach()[0]
    first = source == source[0]
    assert first.sum() == 2
    network.train()
    estimate_from(
        network,
        torch.randn(1, 12, BINS, 3),
        Conditioning(
            torch.randn(2, SIZES.told, 6), torch.ones(2, 6).bool(), torch.zeros(2).long()
        ),
        torch.rand(2, 12, BINS),
    ).square().sum().backward()
    one, other = network.split.weight.grad[..., first].unbind(-1)
    assert (one - other).norm() > 0.1 * one.norm()


def test_it_grows_the_same_each_time(tmp_path):
    small = make(SIZES, trained=True)
    save_file(small.state_dict(), tmp_path / "small.safetensors")
    networks = [make(replace(SIZES, channels=24)) for _ in range(2)]
    for network in networks:
        load_weights(network, tmp_path / "small.safetensors")
    for one, other in zip(*(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.parametrize("lost", ["mask.weight", "fusion.1.1.mix", "exchange.0.norm.bias"])
def test_a_file_that_lacks_something_does_not_grow(lost):
    trained = make(SIZES, trained=True).state_dict()
    del trained[lost]
    with pytest.raises(ModelError, match=f"lack {lost}"):
        grow(trained, make(replace(SIZES, channels=32)).state_dict())


@pytest.mark.parametrize(
    "smaller",
    [replace(SIZES, channels=8), replace(SIZES, fusion_dilations=(1,))],
    ids=["narrower", "shallower"],
)
def test_nothing_grows_smaller(smaller):
    with pytest.raises(ModelError, match="can't begin with"):
        grown(make(SIZES, trained=True), smaller)
