"""The band separator: finite reach, no level, any number of faces, full-band masks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from avsep.model import band_blocks
from avsep.model.band_split import BAND_WIDTHS, BandJoin, BandSplit
from avsep.model.bands import (
    LARGEST_MASK,
    RETURNED,
    RETURNED_TO_ALL,
    measure_level,
    return_rest,
)
from avsep.model.checkpoint import load_model, save_model
from avsep.model.conditioning import Conditioning, mean_of_others, redraft, tell_again
from avsep.model.config import SIZES
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BINS, COARSE, SAMPLES_PER_FRAME, analyse, synthesise

TINY = SIZES["tiny-bands"]


def make(size: str) -> SeparationNetwork:
    torch.manual_seed(3)
    network = SeparationNetwork(SIZES[size]).eval()
    for name, weight in network.named_parameters():
        if name.startswith("bands.") and ("leave" in name or "draft" in name):
            torch.nn.init.normal_(weight, std=0.3)  # these begin at zero
    return network


@pytest.fixture
def network() -> SeparationNetwork:
    return make("tiny-bands")


@pytest.fixture(params=["tiny-bands", "tiny-drafted"])
def any_network(request) -> SeparationNetwork:
    return make(request.param)


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
    draft = told.draft and cut(told.draft, start, stop)
    return Conditioning(told.lips[..., start:stop], told.known[:, start:stop], told.scene, draft)


def choose(told: Conditioning, faces: Tensor) -> Conditioning:
    """Some faces, as if they were one scene."""
    draft = told.draft and choose(told.draft, faces)
    scene = torch.zeros(int(faces.sum()), dtype=torch.long)
    return Conditioning(told.lips[faces], told.known[faces], scene, draft)


def test_the_bands_cover_every_bin_once():
    assert sum(BAND_WIDTHS) == BINS
    torch.manual_seed(0)
    split, join = BandSplit(2, 64), BandJoin(64, 2)
    # The join as the inverse of the split: pseudo-inverses of the maps of every band.
    join.weight.data = torch.linalg.pinv(split.weight.data)
    x = torch.randn(1, 3, BINS, 2)
    torch.testing.assert_close(join(split(x)), x, atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_a_chunk_with_context_gives_what_the_whole_gives(any_network):
    context = any_network.config.context
    start, stop = context + 10, context + 50
    frames = stop + context + 60
    torch.manual_seed(1)
    sound = torch.randn(1, frames * SAMPLES_PER_FRAME)
    told = tell(any_network, 2, frames, [0, 0])
    whole = hear(any_network, sound, told)
    first, last = start - context, stop + context
    piece = hear(
        any_network,
        sound[:, first * SAMPLES_PER_FRAME : last * SAMPLES_PER_FRAME],
        cut(told, first, last),
    )
    kept = slice(context * SAMPLES_PER_FRAME, (context + stop - start) * SAMPLES_PER_FRAME)
    same = whole[:, start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
    assert whole.abs().max() > 0.1
    torch.testing.assert_close(piece[:, kept], same, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_what_is_kept_is_the_same_though_no_more_is_finished(any_network):
    torch.manual_seed(1)
    frames, start, stop = 260, 120, 150
    told = tell(any_network, 2, frames, [0, 0])
    noisy = analyse(torch.randn(1, frames * SAMPLES_PER_FRAME), transform=COARSE)
    whole = synthesise(any_network.separate(noisy, told), transform=COARSE)
    part = synthesise(any_network.separate(noisy, told, (start, stop)), transform=COARSE)
    kept = slice(start * SAMPLES_PER_FRAME, stop * SAMPLES_PER_FRAME)
    torch.testing.assert_close(part[:, kept], whole[:, kept], atol=1e-5, rtol=1e-5)
    assert not part[:, : 50 * SAMPLES_PER_FRAME].any()  # nothing is computed in vain


@torch.inference_mode()
@pytest.mark.parametrize("at_once", [1, 7, 64])
def test_it_does_not_matter_how_many_hops_are_worked_through_at_once(
    any_network, at_once, monkeypatch
):
    torch.manual_seed(1)
    sound, told = torch.randn(1, 50 * SAMPLES_PER_FRAME), tell(any_network, 2, 50, [0, 0])
    monkeypatch.setattr(band_blocks, "AT_ONCE", 1000)
    whole = hear(any_network, sound, told)
    monkeypatch.setattr(band_blocks, "AT_ONCE", at_once)
    torch.testing.assert_close(hear(any_network, sound, told), whole, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_masks_do_not_depend_on_the_level(network):
    torch.manual_seed(1)
    sound, told = torch.randn(1, 50 * SAMPLES_PER_FRAME), tell(network, 2, 50, [0, 0])
    loud, soft = hear(network, sound, told), hear(network, sound * 1e-3, told)
    torch.testing.assert_close(soft * 1e3, loud, atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_scenes_of_one_to_five_faces_in_one_batch_are_as_each_alone(any_network):
    counts = [1, 5, 2, 3]
    scene = [number for number, count in enumerate(counts) for _ in range(count)]
    torch.manual_seed(1)
    sound = torch.randn(len(counts), 40 * SAMPLES_PER_FRAME)
    told = tell(any_network, len(scene), 40, scene)
    together = hear(any_network, sound, told)
    for number, voices in enumerate(together.split(counts)):
        alone = choose(told, told.scene == number)
        torch.testing.assert_close(hear(any_network, sound[number : number + 1], alone), voices)


@torch.inference_mode()
def test_no_mask_is_larger_than_the_largest(network):
    torch.nn.init.normal_(network.bands.mask.weight, std=100)
    noisy = analyse(torch.randn(1, 20 * SAMPLES_PER_FRAME), transform=COARSE)
    masks = network.bands(noisy, tell(network, 3, 20, [0, 0, 0]))
    largest = LARGEST_MASK * (1 + 3 * RETURNED) + RETURNED
    assert LARGEST_MASK * 0.8 < masks.abs().max() <= largest


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


def test_a_checkpoint_keeps_the_bands(any_network, tmp_path):
    save_model(any_network, tmp_path / "bands.safetensors")
    again = load_model(tmp_path / "bands.safetensors")
    assert again.config == any_network.config
    told = tell(any_network, 2, 30, [0, 0])
    sound = torch.randn(1, 30 * SAMPLES_PER_FRAME)
    with torch.inference_mode():
        torch.testing.assert_close(
            hear(again, sound, told), hear(any_network, sound, told), atol=0.02, rtol=0.05
        )


@torch.inference_mode()
def test_a_separator_that_has_learnt_nothing_keeps_to_the_draft():
    torch.manual_seed(3)
    network = SeparationNetwork(SIZES["tiny-drafted"]).eval()
    network.choose_passes(1)
    network.bands.kept.fill_(1.0)
    sound, told = torch.randn(1, 40 * SAMPLES_PER_FRAME), tell(network, 2, 40, [0, 0])
    noisy = analyse(sound, transform=COARSE)
    draft = network.draft(noisy, told.draft)
    voices = network.separate(noisy, told)
    kept = return_rest(draft + 0j, told)
    torch.testing.assert_close(voices, kept * noisy, atol=1e-3, rtol=0.05)


@torch.inference_mode()
def test_the_second_pass_is_told_what_the_first_one_found():
    network = make("tiny-drafted")
    sound, told = torch.randn(1, 60 * SAMPLES_PER_FRAME), tell(network, 2, 60, [0, 0])
    noisy = analyse(sound, transform=COARSE)
    masks = network.bands(noisy, told, network.draft(noisy, told.draft))
    again = tell_again(told, noisy, masks, TINY.cue_bands)
    expected = network.bands(noisy, again, redraft(masks)) * noisy
    torch.testing.assert_close(network.separate(noisy, told), expected)
    assert not torch.allclose(expected, masks * noisy, rtol=0.05)


def test_what_is_left_over_is_returned_in_part_to_who_is_seen_and_known():
    masks = torch.tensor([0.5, 0.1, 0.3, 0.2])[:, None, None].expand(4, 1, 4) + 0j
    known = torch.tensor([1, 1, 0, 1]).bool()[:, None].expand(4, 2)
    told = Conditioning(torch.zeros(4, 1, 2), known, torch.tensor([0, 0, 0, 1]))
    found = return_rest(masks, told)[:, 0, 0].real
    rest = torch.tensor([0.4, 0.4, 0.1, 0.8])
    torch.testing.assert_close(found, masks[:, 0, 0].real + RETURNED * rest)


def test_to_a_crowd_no_more_is_returned_than_there_is():
    faces = 16
    told = Conditioning(
        torch.zeros(faces, 1, 2), torch.ones(faces, 2).bool(), torch.zeros(faces).long()
    )
    found = return_rest(torch.zeros(faces, 1, 4) + 0j, told)
    torch.testing.assert_close(found.real.sum(0), torch.full((1, 4), RETURNED_TO_ALL))


@torch.inference_mode()
def test_the_draft_is_what_the_magnitude_network_gives_at_its_own_hops():
    network = make("tiny-drafted")
    sound, told = torch.randn(1, 40 * SAMPLES_PER_FRAME), tell(network, 2, 40, [0, 0])
    fine = network.magnitude(analyse(sound).abs(), told.draft)
    draft = network.draft(analyse(sound, transform=COARSE), told.draft)
    torch.testing.assert_close(draft, (fine[..., ::2] + fine[..., 1::2]) / 2, atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_half_precision_gives_nearly_the_same(any_network):
    sound, told = torch.randn(1, 40 * SAMPLES_PER_FRAME), tell(any_network, 2, 40, [0, 0])
    whole = hear(any_network, sound, told)
    with torch.autocast("cpu", torch.bfloat16):  # as in training
        half = hear(any_network, sound, told)
    assert (half - whole).norm() < 0.05 * whole.norm()
    other = any_network.compute_in(torch.bfloat16)
    assert other.bands.listen(analyse(sound, transform=COARSE)).bands.dtype == torch.bfloat16
    rounded = hear(other, sound, told)
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - whole).norm() < 0.03 * whole.norm()
    torch.testing.assert_close(hear(any_network, sound, told), whole, atol=0, rtol=0)
    assert other.lips is any_network.lips  # what is not rounded is shared
    assert any_network.compute_in(None) is any_network
