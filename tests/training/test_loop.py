"""Training learns, goes on where it was broken off, and keeps what is finished."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from avsep.errors import DataError
from avsep.model.checkpoint import load_model
from avsep.training.batches import Lessons, gather
from avsep.training.log import Journal, read_curves
from avsep.training.loop import rate, train
from avsep.training.recipe import Stage
from training_set import PLAIN, TINY_64, no_bar, recipe


def test_the_rate_rises_stays_and_falls_to_zero():
    stage = Stage("x", "lips", steps=1000, cool_down=0.4)
    rates = [rate(step, stage) for step in range(1000)]
    assert rates[0] < 0.05
    assert rates[300] == 1.0
    assert rates[-1] == pytest.approx(0, abs=0.01)


def test_every_stage_learns_a_little(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.training.validation.SCENES", 2)
    quick = {"steps": 40, "lr": 5e-3, "muon_lr": 5e-3, "mixing": PLAIN}
    stages = [
        Stage("lips", "lips", scenes=2, **quick),
        Stage("delays", "synchrony"),
        Stage("voices", "voices", voice_scenes=2, **quick),
        Stage("joint", "joint", scenes=1, voice_scenes=1, **quick),
    ]
    train(recipe(prepared, *stages), tmp_path / "run", no_bar)
    log = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    for stage in ("lips", "voices"):
        losses = [entry["loss"] for entry in log if entry["stage"] == stage and "loss" in entry]
        assert losses[-1] < losses[0]
    assert "corpus.right" in log[-1]
    assert json.loads((tmp_path / "run/delays.json").read_text()) == {}
    assert (tmp_path / "run/curves.png").read_bytes().startswith(b"\x89PNG")
    panels = read_curves(Journal(tmp_path / "run/log.jsonl"))
    assert set(panels) >= {"loss", "loudness", "right", "swapped"}
    assert set(panels["loss"]) == {"lips", "voices", "joint"}
    assert panels["loss"]["joint"][0][0] >= panels["loss"]["voices"][-1][0]


def test_a_broken_run_goes_on_as_if_nothing_had_happened(prepared, tmp_path, monkeypatch):
    stage = Stage("voices", "voices", 12, voice_scenes=1, mixing=PLAIN)
    plan = recipe(prepared, stage)
    whole = train(plan, tmp_path / "whole", no_bar)

    def breaking(items, what, total):
        for number, item in enumerate(items):
            if number == 8:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr("avsep.training.loop.SAVE_EVERY", 0)
    with pytest.raises(KeyboardInterrupt):
        train(plan, tmp_path / "broken", breaking)
    assert not (tmp_path / "broken/voices.safetensors").exists()
    resumed = train(plan, tmp_path / "broken", no_bar)
    one, other = load_model(whole).state_dict(), load_model(resumed).state_dict()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, atol=0, rtol=0)


def test_half_precision_learns_too(prepared, tmp_path):
    stage = Stage("joint", "joint", 2, scenes=1, voice_scenes=1, mixing=PLAIN)
    phase = Stage("phase", "phase", 2, scenes=1, mixing=PLAIN)
    plan = replace(recipe(prepared, stage, phase), precision="bf16")
    done = load_model(train(plan, tmp_path, no_bar))
    assert all(value.isfinite().all() for value in done.state_dict().values())


def test_the_mean_of_two_stages_lies_between_them(prepared, tmp_path):
    one = Stage("one", "voices", 2, voice_scenes=1, mixing=PLAIN)
    mean = Stage("mean", "mean", of=("one", "other"))
    done = train(recipe(prepared, one, replace(one, name="other"), mean), tmp_path, no_bar)
    name = "magnitude.join.weight"
    first, second, middle = (
        load_model(tmp_path / f"{stage}.safetensors").state_dict()[name]
        for stage in ("one", "other", "mean")
    )
    assert done.stem == "mean"
    assert not torch.equal(first, second)
    torch.testing.assert_close(middle, (first + second) / 2, atol=1e-3, rtol=1e-2)


def test_a_frozen_part_keeps_its_weights(prepared, tmp_path):
    whole = Stage("whole", "joint", 2, scenes=1, mixing=PLAIN)
    frozen = replace(whole, name="frozen", frozen=("lips",))
    train(recipe(prepared, whole, frozen), tmp_path, no_bar)
    before, after = (load_model(tmp_path / f"{name}.safetensors") for name in ("whole", "frozen"))
    for name, value in before.lips.state_dict().items():
        torch.testing.assert_close(after.lips.state_dict()[name], value, atol=0, rtol=0)
    assert not torch.equal(before.magnitude.join.weight, after.magnitude.join.weight)


def test_two_stages_after_the_same_one_learn_from_other_scenes(prepared, tmp_path):
    plain = {"steps": 1, "voice_scenes": 1, "mixing": PLAIN}
    one, other = (Stage(name, "voices", after="first", **plain) for name in ("one", "other"))
    plan = recipe(prepared, Stage("first", "voices", **plain), one, other)
    train(plan, tmp_path, no_bar)
    first, left, right = (
        load_model(tmp_path / f"{name}.safetensors").magnitude.norm.num_batches_tracked
        for name in ("first", "one", "other")
    )
    assert (first, left, right) == (1, 2, 2)
    cast = gather(plan, {})
    scenes = [Lessons(stage, cast, plan.seed)[0][1] for stage in (one, other)]
    assert not torch.equal(scenes[0].mixture, scenes[1].mixture)


def test_a_finished_stage_is_not_trained_again(prepared, tmp_path):
    stage = Stage("voices", "voices", 2, voice_scenes=1, mixing=PLAIN)
    done = train(recipe(prepared, stage), tmp_path, no_bar)
    stamp = done.stat().st_mtime_ns
    assert train(recipe(prepared, stage), tmp_path, no_bar).stat().st_mtime_ns == stamp


def test_training_stops_when_its_loss_is_no_number(prepared, tmp_path):
    stage = Stage("voices", "voices", 9, voice_scenes=1, lr=1e30, muon_lr=1e30, mixing=PLAIN)
    with pytest.raises(DataError, match="has lost its way"):
        train(recipe(prepared, stage), tmp_path, no_bar)
    assert not (tmp_path / "voices.safetensors").exists()


def test_the_paper_s_network_without_cues_learns_end_to_end(prepared, tmp_path):
    stage = Stage("joint", "joint", 1, scenes=1, mixing=PLAIN)
    blind = replace(TINY_64, cue_bands=0, others=False)
    done = train(replace(recipe(prepared, stage), model=blind), tmp_path, no_bar)
    assert all(value.isfinite().all() for value in load_model(done).state_dict().values())


def test_training_leaves_torch_as_it_was(prepared, tmp_path):
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    plan = recipe(prepared, Stage("voices", "voices", 1, voice_scenes=1, mixing=PLAIN))
    train(replace(plan, threads=threads + 1), tmp_path / "run", no_bar)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
