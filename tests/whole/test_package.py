from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import avsep

ROOT = Path(__file__).parents[2]


def test_asking_for_the_version_does_not_load_a_network():
    asked = "import sys, avsep; avsep.__version__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def test_the_public_names_are_sorted():
    assert avsep.__all__ == sorted(avsep.__all__)


def test_every_public_name_is_there():
    assert all(hasattr(avsep, name) for name in avsep.__all__)


def test_a_name_that_is_not_there_is_reported_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'voice'"):
        _ = avsep.voice


def test_the_change_log_knows_the_version():
    assert f"## [{avsep.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_constraints_name_no_host_and_no_path():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9a-z.]+", pin) for pin in pins)
