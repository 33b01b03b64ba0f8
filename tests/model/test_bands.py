"""The band separator: finite reach, no level, any number of faces, full-band masks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from avsep.model.bands import (
    BAND_WIDTHS,
    LARGEST_MASK,
    BandJoin,
    BandSplit,
    mean_of_others,
    measure_level,
)
from avsep.model.checkpoint import load_model, save_model
from avsep.model.conditioning import Conditioning
from avsep.model.config import SIZES
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BINS, COARSE, SAMPLES_PER_FRAME, analyse, synthesise

TINY = SIZES["tiny-bands"]


@pytest.fixture
def network() -> SeparationNetwork:
    torch.manual_seed(3)
    network = SeparationNetwork(TINY).eval()
    for name, weight in network.named_parameters():
        if "leave" in name:  # blocks begin as identity
            torch.nn.init.normal_(weight, std=0.3)
    return network


def tell(network: SeparationNetwork, faces: int, frames: int, scene: list[int]) -> Conditioning:
    generator = torch.Generator().manual_seed(faces)
    features = torch.randn(faces, TINY.lip_channels, frames, generator=generator)
    cue = torch.randn(faces, TINY.cue_bands, frames, generator=generator)
    seen = torch.rand(faces, frames, generator=generator) > 0.2
    return network.condition(features, cue, seen, torch.tensor(scene))


def hear(network: SeparationNetwork, sound: Tensor, told: Conditioning) -> Tensor:
    noisy = analyse(sound, transform=COARSE)
    return synthesise(network.separate(noisy, told), transform=COARSE)


def cut(told: Conditioning, start: int, stop: int) -> Conditioning:
    return Conditioning(told.lips[..., start:stop], told.known[:, start:stop], told.scene)


def test_the_bands_cover_every_bin_once():
    assert sum(BAND_WIDTHS) == BINS
    torch.manual_seed(0)
    split, join = BandSplit(2, 64), BandJoin(64, 2)
    # The join as the inverse of the split: pseudo-inverses of the maps of every band.
    join.weight.data = torch.linalg.pinv(split.weight.data)
    x = torch.randn(1, 3, BINS, 2)
    torch.testing.assert_close(join(split(x)), x, atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_a_chunk_with_context_gives_what_the_whole_gives(network):
    frames, start, stop = 260, 110, 150
    context = TINY.context
    torch.manual_seed(1)
    sound = torch.randn(1, frames * SAMPLES_PER_FRAME)
    told = tell(network, 2, frames, [0, 0])
    whole = hear(network, sound, told)
    first, last = start - context, stop + context
    piece = hear(
        network,
        sound[:, first * SAMPLES_PER_FRAME : last * SAMPLES_PER_FRAME],
        cut(told, first, last),
    )
    kept = slice(context * SAMPLES_PER_FRAME, (context + stop - start) * SAMPLES_PER_FRAME)
    same = whole[:, start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
    assert whole.abs().max() > 0.1
    torch.testing.assert_close(piece[:, kept], same, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_masks_do_not_depend_on_the_level(network):
    torch.manual_seed(1)
    sound, told = torch.randn(1, 50 * SAMPLES_PER_FRAME), tell(network, 2, 50, [0, 0])
    loud, soft = hear(network, sound, told), hear(network, sound * 1e-3, told)
    torch.testing.assert_close(soft * 1e3, loud, atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_scenes_of_one_to_five_faces_in_one_batch_are_as_each_alone(network):
    counts = [1, 5, 2, 3]
    scene = [number for number, count in enumerate(counts) for _ in range(count)]
    torch.manual_seed(1)
    sound = torch.randn(len(counts), 40 * SAMPLES_PER_FRAME)
    told = tell(network, len(scene), 40, scene)
    together = hear(network, sound, told)
    for number, voices in enumerate(together.split(counts)):
        mine = told.scene == number
        alone = Conditioning(
            told.lips[mine], told.known[mine], torch.zeros(len(voices), dtype=torch.long)
        )
        torch.testing.assert_close(hear(network, sound[number : number + 1], alone), voices)


@torch.inference_mode()
def test_no_mask_is_larger_than_the_largest(network):
    torch.nn.init.normal_(network.bands.mask.weight, std=100)
    noisy = analyse(torch.randn(1, 20 * SAMPLES_PER_FRAME), transform=COARSE)
    masks = network.bands(noisy, tell(network, 3, 20, [0, 0, 0]))
    assert masks.abs().max() <= LARGEST_MASK + 1e-5
    assert masks.abs().max() > LARGEST_MASK * 0.99


def test_digital_silence_stays_silent(network):
    silence = torch.zeros(1, 20 * SAMPLES_PER_FRAME)
    assert (hear(network, silence, tell(network, 2, 20, [0, 0])) == 0).all()


def test_the_level_is_that_of_the_surroundings():
    noisy = torch.full((1, BINS, 400), 0.01 + 0j)
    noisy[..., 200:] *= 10
    level = measure_level(noisy)[0]
    torch.testing.assert_close(level[:130], torch.full((130,), 0.01))
    torch.testing.assert_close(level[270:], torch.full((130,), 0.1))
    assert (level[131:269].diff() >= 0).all()


def test_the_mean_of_the_others_leaves_out_oneself_other_scenes_and_who_is_not_known():
    x = torch.tensor([[1.0], [3.0], [5.0], [7.0]])
    known = torch.tensor([[1.0], [1.0], [0.0], [1.0]])
    mean = mean_of_others(x, known, torch.tensor([0, 0, 0, 1]))
    assert mean[:, 0].tolist() == [3.0, 1.0, 2.0, 0.0]


def test_a_checkpoint_keeps_the_bands(network, tmp_path):
    save_model(network, tmp_path / "bands.safetensors")
    again = load_model(tmp_path / "bands.safetensors")
    assert again.config == TINY
    told = tell(network, 2, 30, [0, 0])
    sound = torch.randn(1, 30 * SAMPLES_PER_FRAME)
    with torch.inference_mode():
        torch.testing.assert_close(
            hear(again, sound, told), hear(network, sound, told), atol=0.02, rtol=0.05
        )
