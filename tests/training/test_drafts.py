"""Drafts in training are the drafts that the joined network makes of the same lips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from avsep.errors import ModelError
from avsep.model.conditioning import Conditioning
from avsep.model.config import SIZES, BandConfig
from avsep.model.magnitude import LEVEL
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import COARSE, SAMPLES_PER_FRAME, analyse, synthesise
from avsep.training.assembly import assemble
from avsep.training.device_mixing import Batch, Cues, mix, to_level
from avsep.training.drafts import Drafter
from avsep.training.looks import make_judge
from avsep.training.pack import Lips
from avsep.training.passes import hear_first, separate
from avsep.training.separator import WEIGHTS, Plan, SeparatorRun
from device_set import PLAIN, drawer

DRAFTED = BandConfig(8, (1,), (1, 2), features=8, drafted=True)
# As many components as features, so that features come back whole.
WHOLE = Lips(10, np.eye(8, dtype=np.float32)[::-1].copy(), np.arange(8, dtype=np.float32))

TWICE = replace(DRAFTED, passes=2)
SOME = Lips(10, np.eye(4, 8, dtype=np.float32), np.arange(4, dtype=np.float32))


@pytest.fixture
def reader() -> SeparationNetwork:
    torch.manual_seed(0)
    return SeparationNetwork(SIZES["tiny"]).eval()


@torch.inference_mode()
def test_a_draft_in_training_is_the_one_of_the_joined_network(reader, tmp_path):
    torch.manual_seed(1)
    seen = torch.rand(2, 30) > 0.2
    scene = torch.zeros(2, dtype=torch.long)
    features, cue = reader.lips(torch.rand(2, 30, 16, 16))
    joined = SeparationNetwork(replace(reader.config, bands=DRAFTED)).eval()
    joined.components.weight.copy_(torch.from_numpy(WHOLE.weight))
    joined.components.bias.copy_(torch.from_numpy(WHOLE.bias))
    joined.magnitude.load_state_dict(reader.magnitude.state_dict())
    told = joined.condition(features, cue, seen, scene)
    mixture = torch.randn(1, 30 * SAMPLES_PER_FRAME) * 0.01
    batch = Batch(mixture, mixture.expand(2, -1), Conditioning(told.lips, seen, scene))
    noisy = analyse(to_level(mixture, LEVEL), transform=COARSE)
    found = Drafter(reader, WHOLE).add_to(batch).draft
    torch.testing.assert_close(found, joined.draft(noisy, told.draft), atol=0.01, rtol=0.02)


@torch.inference_mode()
def test_the_second_pass_in_training_is_that_of_the_joined_network(reader, voices, noise):
    torch.manual_seed(2)
    joined = SeparationNetwork(replace(reader.config, bands=TWICE)).eval()
    torch.nn.init.normal_(joined.bands.draft.weight, std=0.3)
    joined.magnitude.load_state_dict(reader.magnitude.state_dict())
    features, cue = reader.lips(torch.rand(2, 30, 16, 16))
    seen = torch.rand(2, 30) > 0.2
    told = joined.condition(features, cue, seen, torch.zeros(2, dtype=torch.long))
    mixture = to_level(torch.randn(1, 30 * SAMPLES_PER_FRAME), LEVEL)
    noisy = analyse(mixture, transform=COARSE)
    draft = joined.draft(noisy, told.draft)
    batch = Batch(mixture, mixture.expand(2, -1), told, draft)
    batch = hear_first(joined.bands, batch)
    found = analyse(separate(joined.bands, batch), transform=COARSE)
    again = analyse(synthesise(joined.separate(noisy, told), transform=COARSE), transform=COARSE)
    torch.testing.assert_close(found, again, atol=0.01, rtol=0.02)


def test_a_separator_of_two_passes_learns_both(reader, voices, noise, tmp_path):
    for again in (0.0, 1.0):
        plan = Plan(steps=2, drawings=(PLAIN,), again=again)
        sizes = replace(TWICE, features=4)
        folder = tmp_path / str(again)
        drafter = Drafter(reader, SOME)
        run = SeparatorRun(sizes, plan, voices, noise, folder, drafter=drafter)
        weights = run.go(make_judge(voices, noise, drafter))
        assert assemble(reader, SOME, weights).config.bands.passes == 2
    one, other = (load_file(tmp_path / name / WEIGHTS) for name in ("0.0", "1.0"))
    assert any((one[name] != other[name]).any() for name in one)


def test_a_drafted_separator_is_trained_and_joined_with_who_drafts(
    reader, voices, noise, tmp_path
):
    drafter = Drafter(reader, SOME)
    plan = Plan(steps=3, drawings=(PLAIN,))
    sizes = replace(DRAFTED, features=4)
    run = SeparatorRun(sizes, plan, voices, noise, tmp_path, drafter=drafter)
    weights = run.go(make_judge(voices, noise, drafter))
    assert run.network.draft.weight.any()
    joined = assemble(reader, SOME, weights)
    for name, weight in reader.magnitude.state_dict().items():
        torch.testing.assert_close(joined.magnitude.state_dict()[name], weight)


def test_drafts_do_not_depend_on_the_level_of_a_batch(reader, voices, noise):
    drafter = Drafter(reader, SOME)
    batch = mix(voices, noise, PLAIN, Cues(), drawer(3))
    soft = replace(batch, mixture=batch.mixture * 0.1)
    torch.testing.assert_close(
        drafter.add_to(soft).draft, drafter.add_to(batch).draft, atol=0.01, rtol=0.02
    )


def test_who_has_no_magnitude_network_drafts_nothing():
    with pytest.raises(ModelError, match="magnitude"):
        Drafter(SeparationNetwork(SIZES["tiny-bands"]), WHOLE)
