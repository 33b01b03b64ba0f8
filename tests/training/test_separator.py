"""Training of the band separator: it learns, runs by the clock, and goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from avsep.errors import ModelError, SettingError
from avsep.metrics import si_sdr
from avsep.model.bands import BandSeparator
from avsep.model.config import BandConfig
from avsep.training.device_mixing import Cues, mix
from avsep.training.passes import separate
from avsep.training.separator import (
    LOG,
    STATE,
    WEIGHTS,
    Plan,
    SeparatorRun,
    between,
    find_rate,
    is_second,
)
from avsep.training.separator_weights import load_weights, read_sizes, read_weights
from device_set import PLAIN, drawer

SIZES = BandConfig(8, (1,), (1, 2), features=4)


def test_the_rates_rise_hold_and_fall_by_the_clock():
    assert find_rate(0, 0.0, 0.5) == pytest.approx(0.02)
    assert find_rate(1000, 0.4, 0.5) == 1.0
    assert find_rate(1000, 0.75, 0.5) == pytest.approx(0.5)
    assert find_rate(1000, 1.0, 0.5) == 0.01


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.75, 75), (1.0, 100)])
def test_the_second_pass_is_learnt_in_its_share_of_the_steps(share, expected):
    assert sum(is_second(step, share) for step in range(100)) == expected


def test_cues_grow_weaker_with_time():
    middle = between(Cues((0.4, 1.0), (0.2, 0.8)), Cues((0.0, 0.6), (0.0, 0.4)), 0.5)
    assert middle.loudness == pytest.approx((0.2, 0.8))
    assert middle.shape == pytest.approx((0.1, 0.6))


def test_it_learns_to_separate(voices, noise, tmp_path):
    plan = Plan(steps=60, drawings=(PLAIN,), lr=5e-3, muon_lr=1e-2, cues=Cues((1, 1), (1, 1)))
    run = SeparatorRun(SIZES, plan, voices, noise, tmp_path)

    def gain(network: BandSeparator) -> float:
        batch = mix(voices, noise, PLAIN, Cues((1, 1), (1, 1)), drawer(9))
        with torch.inference_mode():
            found = separate(network, batch)
        before = si_sdr(batch.mixture[batch.told.scene], batch.voices)
        return float((si_sdr(found, batch.voices) - before).mean())

    before = gain(run.mean)
    run.go()
    assert gain(run.mean) > before + 2
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert rows[-1]["step"] == 60
    assert read_sizes(tmp_path / WEIGHTS) == SIZES


def test_a_broken_run_goes_on_to_the_same_weights(voices, noise, tmp_path):
    def start(folder: str, steps: int) -> SeparatorRun:
        plan = Plan(steps=steps, drawings=(PLAIN,), hold=1.0, weaken=1e9)
        return SeparatorRun(SIZES, plan, voices, noise, tmp_path / folder)

    whole = start("whole", 6)
    whole.go()
    start("broken", 3).go()
    assert (tmp_path / "broken" / STATE).exists()
    again = start("broken", 6)
    again.go()
    for name, weight in whole.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], weight, msg=name)


def test_a_run_ends_by_the_clock(voices, noise, tmp_path):
    run = SeparatorRun(SIZES, Plan(seconds=0.5, drawings=(PLAIN,)), voices, noise, tmp_path)
    run.go()
    assert 0.5 <= run.spent < 10
    assert run.step > 0


def test_the_mean_of_runs_is_the_mean_of_their_weights(voices, noise, tmp_path):
    files = []
    for seed in (1, 2):
        plan = Plan(steps=1, drawings=(PLAIN,), seed=seed)
        files.append(SeparatorRun(SIZES, plan, voices, noise, tmp_path / str(seed)).go())
    network = BandSeparator(SIZES)
    load_weights(network, *files)
    first, second = map(load_file, files)
    for name, value in network.state_dict().items():
        mean = (first[name].float() + second[name]) / 2
        torch.testing.assert_close(value, mean, atol=1e-3, rtol=1e-2)


def test_a_folder_with_a_run_of_other_sizes_is_refused(voices, noise, tmp_path):
    plan = Plan(steps=1, drawings=(PLAIN,))
    SeparatorRun(SIZES, plan, voices, noise, tmp_path).go()
    other = SeparatorRun(replace(SIZES, channels=16), plan, voices, noise, tmp_path)
    with pytest.raises(SettingError, match="other sizes"):
        other.go()


def test_a_run_goes_on_with_its_own_plan_alone(voices, noise, tmp_path):
    plan = Plan(steps=1, drawings=(PLAIN,))
    SeparatorRun(SIZES, plan, voices, noise, tmp_path).go()
    SeparatorRun(SIZES, replace(plan, steps=2), voices, noise, tmp_path).go()  # only longer
    for other in (replace(plan, lr=1e-9), replace(plan, seed=7), replace(plan, drawings=())):
        with pytest.raises(SettingError, match="another plan"):
            SeparatorRun(SIZES, other, voices, noise, tmp_path).go()


def test_a_separator_that_was_told_no_draft_begins_one_that_is(voices, noise, tmp_path):
    begun = SeparatorRun(SIZES, Plan(steps=1, drawings=(PLAIN,)), voices, noise, tmp_path).go()
    network = BandSeparator(replace(SIZES, drafted=True))
    load_weights(network, begun)
    assert not network.draft.weight.any()
    mask = load_file(begun)["mask.weight"].float()
    torch.testing.assert_close(network.mask.weight.data, mask)


def test_weights_of_other_sizes_are_refused(voices, noise, tmp_path):
    plan = Plan(steps=1, drawings=(PLAIN,))
    weights = SeparatorRun(SIZES, plan, voices, noise, tmp_path / "one").go()
    other = SeparatorRun(replace(SIZES, features=3), plan, voices, noise, tmp_path / "two")
    with pytest.raises(ModelError, match="of these sizes"):
        other.begin_with(weights)
    (tmp_path / "odd.safetensors").write_bytes(b"odd")
    for read in (read_sizes, read_weights):
        with pytest.raises(ModelError, match="weights of a separator"):
            read(tmp_path / "odd.safetensors")
