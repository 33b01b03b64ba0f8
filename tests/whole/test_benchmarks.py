"""The benchmarks that look for faults, in small."""

from __future__ import annotations

import importlib.util
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_damaged_files_are_split_or_refused_in_time_and_in_their_place():
    counts = load("fuzz").fuzz(18, seed=7)
    assert counts["done"] + counts["refused"] == 18
    assert counts["stray files"] == 0
