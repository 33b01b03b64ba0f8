"""The whole path with the bundled weights, against what it gave before."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def load_measure():
    spec = importlib.util.spec_from_file_location("make_golden", GOLDEN / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.measure


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Every person as found now, and as found before."""
    found = load_measure()(tmp_path_factory.mktemp("golden"))
    return list(zip(found, json.loads((GOLDEN / "late.json").read_text()), strict=True))


def test_the_people_of_the_example_are_where_they_were(pairs):
    for found, before in pairs:
        assert found["box"] == pytest.approx(before["box"], abs=3)


@pytest.mark.parametrize("what", ["seen", "speaking"])
def test_they_are_seen_and_speak_when_they_did(pairs, what):
    for found, before in pairs:
        assert len(found[what]) == len(before[what])
        for span, earlier in zip(found[what], before[what], strict=True):
            assert span == pytest.approx(earlier, abs=0.2)


def test_their_voices_are_as_good_as_they_were(pairs):
    for found, before in pairs:
        assert found["gain"] > before["gain"] - 0.3
        assert found["wrong"] < before["wrong"] + 1
