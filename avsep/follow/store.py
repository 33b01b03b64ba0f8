"""What has been made of a recording so far: files that are valid at any moment, and go on.

Beside them lies a folder `.follow`, which tells how to go on after a kill. It is replaced after
the samples it counts are written: what is more than that in the files was not yet counted, and is
made again, the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from avsep.arrays import Sound
from avsep.errors import OutputError
from avsep.files import replacing
from avsep.follow.opening import is_known
from avsep.media.growing_wave import GrowingWave
from avsep.names import name_product, name_speaker
from avsep.outputs.folder import FOLLOWED, check_place, list_earlier, name_places, writing_to
from avsep.outputs.locks import hold_if_known
from avsep.outputs.manifest import NAME as MANIFEST
from avsep.outputs.manifest import read_manifest

PRIVATE = FOLLOWED
# What a later `avsep split` into the same folder must not take for its own.
OPTIONS = {"follow": True}
STATE, LINES = "state.json", ".live.jsonl"
FORMAT = 1
REST = "rest"
HINT = "Give another --output-dir, or --force to begin anew."


@dataclass(slots=True)
class State:
    """How far a recording has been followed.

    Attributes:
        known: By what the recording is known again.
        sample_rate: Of the files, Hz.
        channels: Of the files.
        frames: Whose voices are written.
        samples: The same in samples.
        lines: Bytes of lines that were told.
        faces: Of each person, by number from 1 on, what their face looks like.
        seen: When each of them is seen, spans of frames.
        boxes: Where each face was first seen, pixels.
        cuts: First frames of shots.
        left_out: Faces without a voice: span of frames, kind and reason.
        turns: Who speaks when.
        delay: By how many frames the sound is late, as far as that is known.
    """

    known: str
    sample_rate: int
    channels: int
    frames: int = 0
    samples: int = 0
    lines: int = 0
    faces: list[list[list[float]]] = field(default_factory=list)
    seen: list[list[tuple[int, int]]] = field(default_factory=list)
    boxes: list[list[int]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    left_out: list[tuple[int, int, str, str]] = field(default_factory=list)
    turns: dict[str, Any] = field(default_factory=dict)
    delay: dict[str, Any] = field(default_factory=dict)


class Store:
    """The folder of a result that grows.

    Attributes:
        folder: Where it is.
        private: Folder in it for what is only worked with.
        stem: What the recording is called.
        state: How far it is.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        """Take a folder that `claim` has prepared."""
        self.folder, self.private, self.stem = folder, folder / PRIVATE, stem
        self.state = State("", 0, 0)
        self._lines = folder / name_product(stem, LINES)
        self._lock = hold_alone(self.private)
        self._waves: dict[int, GrowingWave] = {}

    def open(self, state: State) -> None:
        """Begin with a state, or go on with it."""
        self.state = state
        for number in range(len(state.faces) + 1):
            self._open_wave(number)
        (self.folder / MANIFEST).unlink(missing_ok=True)  # it will be finished anew
        with self._lines.open("ab") as file:
            file.truncate(state.lines)

    def tell(self, line: Mapping[str, Any]) -> None:
        """Keep a line of what was told."""
        with self._lines.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self.state.lines = file.tell()

    def write(self, voices: Mapping[int, Sound], rest: Sound) -> None:
        """Append to all files; who is not named is silent."""
        for number in range(len(self.state.faces) + 1):
            if number not in self._waves:
                self._open_wave(number)
            silence = np.zeros_like(rest)
            self._waves[number].append(rest if not number else voices.get(number, silence))
        self.state.samples += rest.shape[1]

    def save(self) -> None:
        """Note how far it is."""
        content = {name: getattr(self.state, name) for name in State.__slots__}
        with replacing(self.private / STATE) as partial:
            partial.write_text(json.dumps({"format": FORMAT, **content}), encoding="utf-8")

    def list_files(self) -> list[Path]:
        """All that was written for the user."""
        voices = [self._name_wave(number) for number in range(1, len(self.state.faces) + 1)]
        return [*voices, self._name_wave(0), self._lines]

    def close(self, *, keep: bool) -> None:
        """Let go of the files.

        Args:
            keep: Whether it may go on some day: what is known of the faces stays then.
        """
        for wave in self._waves.values():
            wave.close()
        if keep:
            for path in self.private.glob("mouth-*"):
                path.unlink()
        else:
            shutil.rmtree(self.private, ignore_errors=True)
        os.close(self._lock)

    def _open_wave(self, number: int) -> None:
        path, state = self._name_wave(number), self.state
        self._waves[number] = GrowingWave(path, state.sample_rate, state.channels, state.samples)

    def _name_wave(self, number: int) -> Path:
        return self.folder / f"{name_speaker(number) if number else REST}.wav"


def claim(folder: Path, stem: str, *, is_pipe: bool, force: bool) -> Path:
    """Choose where a result goes, and make the folder; what can be gone on with stays there.

    Args:
        folder: Where it shall go; what comes through a pipe goes beside it if that is taken.
        stem: What the recording is called.
        is_pipe: Whether the recording comes through a pipe.
        force: Whether files that are there may be replaced.

    Raises:
        OutputError: Something else is there.
    """
    if is_pipe and not force:
        folder = next(place for place in name_places(folder) if not place.exists())
    if force or not (folder / PRIVATE).is_dir() or _is_of_split(folder):
        check_place(folder, force=force)
    with writing_to(folder, HINT):
        if force and folder.is_dir():
            _clear(folder, stem)
        (folder / PRIVATE).mkdir(parents=True, exist_ok=True)
    return folder


def read_state(folder: Path, source: Path) -> State | None:
    """How far an earlier run has come; None where there was none.

    Raises:
        OutputError: It followed another recording, or another version of avsep did.
    """
    try:
        content = json.loads((folder / PRIVATE / STATE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    if content.pop("format", 0) != FORMAT:
        raise OutputError(f"{folder} was begun by another version of avsep", hint=HINT)
    state = State(**content)
    if not is_known(source, state.known):
        raise OutputError(f"{folder} was begun with another recording", hint=HINT)
    return state


def hold_alone(folder: Path) -> int:
    """Take the lock of what is only worked with.

    Raises:
        OutputError: Somebody else has it.
    """
    lock = hold_if_known(folder)
    if lock is None:
        raise OutputError(
            f"{folder.parent} is being written by another `avsep follow`",
            hint="End that one, or give another --output-dir.",
        )
    return lock


def _is_of_split(folder: Path) -> bool:
    """Whether `avsep split` has put a result there meanwhile."""
    manifest = read_manifest(folder)
    return manifest is not None and manifest.get("options") != OPTIONS


def _clear(folder: Path, stem: str) -> None:
    """Remove the files of an earlier result, and nothing else."""
    if (folder / PRIVATE).is_dir():
        os.close(hold_alone(folder / PRIVATE))  # or somebody is at work
    for name in list_earlier(folder) | _list_begun(folder, stem):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / PRIVATE, ignore_errors=True)


def _list_begun(folder: Path, stem: str) -> set[str]:
    """Files of a run that was broken off, as far as it has noted them."""
    try:
        content = json.loads((folder / PRIVATE / STATE).read_text(encoding="utf-8"))
        people = len(content["faces"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    voices = (f"{name_speaker(number)}.wav" for number in range(1, people + 1))
    return {*voices, f"{REST}.wav", name_product(stem, LINES)}
