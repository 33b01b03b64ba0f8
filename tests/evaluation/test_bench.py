"""Scores of a network on mixtures."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from avsep.evaluation import bench
from avsep.evaluation.attribution import SECONDS
from avsep.evaluation.drawing import EVERYBODY, draw_mixtures
from avsep.evaluation.mixtures import Mixture, Part
from avsep.evaluation.scores import PersonScore, Row
from avsep.evaluation.tables import tabulate
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.training.clips import find_speakers, write_clip
from evaluation_set import speech


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
    assert len(scores.rows) == 2 + 2 + 3
    assert set(scores.groups) >= {
        "2 voices, a",
        f"2 voices, {EVERYBODY}",
        "2 voices",
        "3 voices",
    }
    assert set(scores.gap.lengths) == set(SECONDS)
    assert scores == bench.evaluate(network, mixtures, sets)
    bench.write_scores(scores, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["rows"] == [
        asdict(row) for row in scores.rows
    ]
    assert (tmp_path / "out" / "scores.png").read_bytes().startswith(b"\x89PNG")
    for columns, rows in tabulate(scores):
        assert rows
        assert all(len(row) == len(columns) for row in rows)


def test_a_score_that_is_missing_on_one_side_counts_neither_way():
    def row(before: dict[str, float], after: dict[str, float], silent: float) -> Row:
        return Row("m", "c", 2, True, "s", 1.0, before, after, {"silent": silent})

    rows = [
        row({"SI-SDR": 0.0, "PESQ": 1.0}, {"SI-SDR": 5.0, "PESQ": 2.0}, -20.0),
        row({"SI-SDR": 0.0, "WER": 9.0}, {"SI-SDR": 3.0, "PESQ": 4.0}, -90.0),
    ]
    found = bench.summarise(rows)
    assert found.gain["SI-SDR"].mean == 4.0
    assert found.gain["PESQ"].mean == 1.0
    assert found.after["PESQ"].mean == 2.0
    assert "WER" not in found.after
    assert found.controls["silent"].mean == pytest.approx(-23.01, abs=0.01)


def test_who_gains_least_is_named_first_and_losses_are_counted():
    def row(speaker: str, after: float) -> Row:
        return Row("m", "c", 2, True, speaker, 2.0, {"SI-SDR": 1.0}, {"SI-SDR": after}, {})

    rows = [row("ann", 5.0), row("ben", -8.0), row("ann", 3.0), row("cat", 2.0)]
    people = bench.rank_people(rows)
    assert list(people) == ["ben", "cat", "ann"]
    assert people["ann"] == PersonScore(gain=3.0, motion=2.0, rows=2)
    found = bench.summarise(rows)
    assert found.worse == 0.25
    assert found.gain["SI-SDR"].median == 1.5


def test_a_network_without_cues_is_scored_without_its_gap(scene, tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.evaluation.quality.dnsmos.run", lambda *_: {"ovrl_mos": 3.0})
    monkeypatch.setattr(bench, "load_scene", lambda *_: scene)
    blind = SeparationNetwork(replace(TINY, cue_bands=0, others=False)).eval()
    part = Part("s", 0.0, 100.0, ())
    scores = bench.evaluate(blind, [Mixture("m", "c", (part, part))], [])
    assert scores.gap is None
    assert len(tabulate(scores)) == 4
    bench.write_scores(scores, tmp_path)
    assert (tmp_path / "scores.png").exists()
