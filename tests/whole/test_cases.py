"""The table of public cases names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NAMED = re.findall(r"`(test_\w+)`", (TESTS / "CASES.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written() -> set[str]:
    files = TESTS.rglob("test_*.py")
    return {n for f in files for n in re.findall(r"^def (test_\w+)", f.read_text("utf-8"), re.M)}


@pytest.mark.parametrize("name", NAMED)
def test_every_case_has_its_test(name, written):
    assert name in written
