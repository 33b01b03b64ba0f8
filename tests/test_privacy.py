"""Nothing is fetched, nothing is told to anybody, nothing is left in the user's home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from avsep.drawing import Figure
from avsep.privacy import SWITCHES

EXAMPLE = Path(__file__).parents[1] / "examples" / "debate.mp4"
PRODUCTS = ("--report", "--replay", "--video", "--mkv", "--loudness")
EVERY_MODULE = """
import pkgutil, avsep
for module in pkgutil.walk_packages(avsep.__path__, "avsep."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
"""


def run(command, home):
    """Run a program whose home is elsewhere; what it says."""
    told = {
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "MPLCONFIGDIR",
        *SWITCHES,
    }
    elsewhere = {name: value for name, value in os.environ.items() if name not in told}
    elsewhere |= {"HOME": str(home), "TORCH_HOME": str(home)}
    done = subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def find_wrapper(*command):
    """The command, if this machine has it and lets us use it."""
    if shutil.which(command[0]) is None:
        return []
    done = subprocess.run([*command, "true"], capture_output=True, check=False)
    return [] if done.returncode else list(command)


@pytest.fixture(scope="session")
def quiet_split(make_media, tmp_path_factory):
    """A split with everything, without a network, and watched, as far as the machine can that."""
    small = ("-t", "1.2", "-i", EXAMPLE, "-vf", "scale=640:360", "-c:v", "mpeg4", "-q:v", "3")
    clip = make_media("debate.mp4", *small, "-c:a", "copy")
    folder = tmp_path_factory.mktemp("quiet")
    home = folder / "home"
    home.mkdir()
    network = find_wrapper("unshare", "--net") or find_wrapper("unshare", "--map-root", "--net")
    calls = folder / "calls"
    watcher = find_wrapper("strace", "-f", "-qq", "-e", "trace=socket", "-o", str(calls))
    split = [sys.executable, "-m", "avsep", "split", clip, "--output-dir", folder / "voices"]
    said = run([*network, *watcher, *split, *PRODUCTS], home)
    asked = calls.read_text() if watcher else None
    return SimpleNamespace(said=said, home=home, without_network=bool(network), sockets=asked)


def test_a_split_needs_no_network(quiet_split):
    if not quiet_split.without_network:
        pytest.skip("networks can't be taken away here")
    assert quiet_split.said.count("speaker-") >= 2


def test_a_split_asks_for_no_socket_of_the_internet(quiet_split):
    if quiet_split.sockets is None:
        pytest.skip("system calls can't be watched here")
    assert [line for line in quiet_split.sockets.splitlines() if "AF_INET" in line] == []


def test_a_split_leaves_nothing_in_the_users_home(quiet_split):
    assert list(quiet_split.home.rglob("*")) == []


def test_importing_everything_leaves_nothing_in_the_users_home(tmp_path):
    run([sys.executable, "-c", EVERY_MODULE], tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_libraries_are_told_to_be_silent_before_they_are_imported(tmp_path):
    asked = (
        "import os, sys, avsep; from avsep.privacy import SWITCHES;"
        "assert SWITCHES.items() <= os.environ.items();"
        "assert not {'onnxruntime', 'torch', 'matplotlib'} & sys.modules.keys();"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    )
    run([sys.executable, "-c", asked], tmp_path)


def test_drawings_leave_the_settings_of_the_process_alone():
    assert Figure().axes == []
    assert "MPL_IGNORE_SYSTEM_FONTS" not in os.environ
