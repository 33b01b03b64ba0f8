"""Scores of a network on mixtures."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from avsep.evaluation import bench
from avsep.evaluation.attribution import SECONDS, blame
from avsep.evaluation.controls import Trial, mask_ideally, separate, try_controls
from avsep.evaluation.mixtures import EVERYBODY, Mixture, Part, Scene, draw_mixtures
from avsep.evaluation.quality import add_word_errors, score_sounds
from avsep.evaluation.tables import tabulate
from avsep.metrics import si_sdr
from avsep.model.config import TINY
from avsep.model.network import SpeechSeparator
from avsep.speech.captions import Caption
from avsep.training.clips import find_speakers, write_clip


def speech(seed: int, frames: int = 125) -> torch.Tensor:
    """Noise that comes and goes like syllables, (time,)."""
    rng = np.random.default_rng(seed)
    loudness = np.interp(np.arange(frames * 640) / 640, np.arange(frames), rng.random(frames) ** 3)
    return torch.from_numpy(rng.normal(0, 0.1, frames * 640) * loudness).float()


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return SpeechSeparator(TINY).eval()


@pytest.fixture
def scene():
    mouths = torch.randint(0, 255, (2, 125, 16, 16), dtype=torch.uint8)
    voices = torch.stack([speech(1), speech(2)])
    return Scene(voices, mouths, mouths[:, :1].expand_as(mouths))


def test_a_perfect_voice_has_perfect_scores_and_the_mixture_poor_ones():
    truths = torch.stack([speech(1), speech(2)])
    perfect, other = score_sounds(truths, truths)
    mixed, _ = score_sounds(truths.sum(0).expand_as(truths), truths)
    assert perfect["SDR"] > 40
    assert perfect["STOI"] == pytest.approx(1, abs=1e-3)
    assert mixed["SDR"] == pytest.approx(0, abs=3)
    assert perfect["SIR"] > mixed["SIR"] + 20
    assert mixed["SAR"] > 20  # nothing but the other voice was added
    assert 1 <= other["DNSMOS"] <= 5


def test_words_are_compared_with_those_of_the_true_voice():
    def recognise(sound):
        loud = np.abs(sound.samples).max() > 0.5
        return [Caption(0, 1, "Good evening, all!" if loud else "good morning all")]

    scores = [{}, {}]
    loud, soft = torch.ones(2, 16_000), torch.zeros(2, 16_000)
    add_word_errors(scores, torch.stack([loud[0], soft[0]]), loud, recognise)
    assert scores[0]["WER"] == 0
    assert scores[1]["WER"] == pytest.approx(100 / 3)


def test_the_best_mask_gains_much_and_not_all():
    voices = torch.stack([speech(1), speech(2)])
    gains = si_sdr(mask_ideally(voices.sum(0), voices), voices)
    assert (gains > 5).all()
    assert (gains < 30).all()


def test_faces_together_are_heard_in_their_order(network, scene):
    mixture = scene.voices.sum(0)
    found = separate(network, mixture, scene.mouths)
    swapped = separate(network, mixture, scene.mouths.flip(0))
    assert torch.allclose(found, swapped.flip(0), atol=1e-5)


def test_every_control_speaks_for_every_face(network, scene):
    controls = try_controls(Trial.begin(network, scene.mouths), scene)
    assert set(controls) == {
        "another's lips",
        "lips a second off",
        "lips hidden",
        "alone",
        "noisy phase",
        "silent",
        "oracle",
    }
    assert all(values.shape == (2,) and values.isfinite().all() for values in controls.values())


def test_a_network_that_hears_no_lips_is_found_out(network, scene, monkeypatch):
    def say_nothing(encoded):
        batch, _, pictures = encoded.shape
        return encoded.new_zeros(batch, 8, pictures), encoded.new_zeros(batch, 10, pictures)

    monkeypatch.setattr(network.lips, "interpret", say_nothing)
    controls = try_controls(Trial.begin(network, scene.mouths), scene)
    assert torch.allclose(controls["lips a second off"], controls["lips hidden"], atol=1e-3)


def test_lost_decibels_add_up():
    gap = {
        "cues": {"0.3 / 0.15": 0.0, "0.5 / 0.35": 1.0, "0.7 / 0.5": 2.0, "a": 4.0, "b": 5.0},
        "cue": {"loudness": 0.6, "shape": 0.4},
        "lips": 1.2,
        "oracle": 15.0,
    }
    lost = blame(gap)
    assert lost["joining"] == pytest.approx(0.3)
    assert sum(lost.values()) == pytest.approx(15 - 1.2)


def test_a_whole_evaluation_is_written_and_the_same_again(network, tmp_path, monkeypatch):
    # The opinion of a network is slow, and has a test of its own.
    monkeypatch.setattr("avsep.evaluation.quality.dnsmos.run", lambda *_: {"ovrl_mos": 3.0})
    rng = np.random.default_rng(0)
    for name in ("a/ann", "a/ben", "a/cat"):
        mouths = rng.integers(0, 255, (130, 20, 20)).astype(np.uint8)
        sound = speech(len(name) + ord(name[2]), 130).numpy()
        write_clip(tmp_path / f"set/{name}/0.safetensors", sound, mouths)
    sets = [tmp_path / "set"]
    mixtures = draw_mixtures(find_speakers(sets), sets, each=1)
    scores = bench.evaluate(network, mixtures, sets)
    assert len(scores["rows"]) == 2 + 2 + 3
    assert set(scores["groups"]) >= {
        "2 voices, a",
        f"2 voices, {EVERYBODY}",
        "2 voices",
        "3 voices",
    }
    assert set(scores["gap"]["lengths"]) == set(SECONDS)
    assert scores == bench.evaluate(network, mixtures, sets)
    bench.write_scores(scores, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["rows"] == scores["rows"]
    assert (tmp_path / "out" / "scores.png").read_bytes().startswith(b"\x89PNG")
    for columns, rows in tabulate(scores):
        assert rows
        assert all(len(row) == len(columns) for row in rows)


def test_a_score_that_is_missing_on_one_side_counts_neither_way():
    def row(before: dict[str, float], after: dict[str, float], silent: float) -> bench.Row:
        return bench.Row("m", "c", 2, True, "s", 1.0, before, after, {"silent": silent})

    rows = [
        row({"SI-SDR": 0.0, "PESQ": 1.0}, {"SI-SDR": 5.0, "PESQ": 2.0}, -20.0),
        row({"SI-SDR": 0.0, "WER": 9.0}, {"SI-SDR": 3.0, "PESQ": 4.0}, -90.0),
    ]
    found = bench.summarise(rows)
    assert found["gain"]["SI-SDR"]["mean"] == 4.0
    assert found["gain"]["PESQ"]["mean"] == 1.0
    assert found["after"]["PESQ"]["mean"] == 2.0
    assert "WER" not in found["after"]
    assert found["controls"]["silent"]["mean"] == pytest.approx(-23.01, abs=0.01)


def test_who_gains_least_is_named_first_and_losses_are_counted():
    def row(speaker: str, after: float) -> bench.Row:
        return bench.Row("m", "c", 2, True, speaker, 2.0, {"SI-SDR": 1.0}, {"SI-SDR": after}, {})

    rows = [row("ann", 5.0), row("ben", -8.0), row("ann", 3.0), row("cat", 2.0)]
    people = bench.rank_people(rows)
    assert list(people) == ["ben", "cat", "ann"]
    assert people["ann"] == {"gain": 3.0, "motion": 2.0, "rows": 2}
    found = bench.summarise(rows)
    assert found["worse"] == 0.25
    assert found["gain"]["SI-SDR"]["median"] == 1.5


def test_a_network_without_cues_is_scored_without_its_gap(scene, tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.evaluation.quality.dnsmos.run", lambda *_: {"ovrl_mos": 3.0})
    monkeypatch.setattr(bench, "load_scene", lambda *_: scene)
    blind = SpeechSeparator(replace(TINY, cue_bands=0, others=False)).eval()
    part = Part("s", 0.0, 100.0, ())
    scores = bench.evaluate(blind, [Mixture("m", "c", (part, part))], [])
    assert "gap" not in scores
    assert len(tabulate(scores)) == 4
    bench.write_scores(scores, tmp_path)
    assert (tmp_path / "scores.png").exists()
