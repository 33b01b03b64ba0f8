"""Many recordings, one after the other: what there is to do, doing it, what became of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from avsep.computing import choose_device, choose_precision, count_detector_threads
from avsep.errors import AvsepError, MediaError, OutputError
from avsep.faces import load_detector
from avsep.model import find_weights, load_model
from avsep.outputs.manifest import read_manifest
from avsep.pipeline import (
    Equipment,
    Result,
    Voice,
    check_source,
    check_target,
    split,
)
from avsep.probing import probe
from avsep.wanted import Options, describe_options
from avsep.watching import Watch, watch_silently

# Files with these names are meant to be videos: if one can't be read, the user hears of it.
VIDEO_SUFFIXES = frozenset(
    [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp"]
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """One recording to be worked on.

    Attributes:
        source: The recording.
        output: Where the folder of its result goes.
        named: Whether it was named itself, not found in a folder.
    """

    source: Path
    output: Path
    named: bool

    @property
    def folder(self) -> Path:
        """Where its result goes."""
        return self.output / self.source.stem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording.

    Attributes:
        source: The recording.
        state: done, skipped (a finished result was there), planned (dry run) or failed.
        result: Of an earlier run where it was skipped; None if it failed.
        error: Why it failed.
    """

    source: Path
    state: str
    result: Result | None = None
    error: AvsepError | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What recordings are to be worked on with, as the command line names it.

    Attributes:
        model: Bundled weights or a checkpoint.
        detector: One of `avsep.faces.DETECTORS`.
        device: As `avsep.computing.choose_device` knows it.
        precision: One of `avsep.computing.PRECISIONS`.
    """

    model: str = "base"
    detector: str = "auto"
    device: str = "auto"
    precision: str = "auto"


def collect_tasks(inputs: Sequence[Path], output: Path) -> list[Task]:
    """Every recording that is named, and every video below a folder that is.

    Args:
        inputs: Files and folders.
        output: Where results go; what comes from a folder keeps its place in the tree.

    Raises:
        MediaError: There is nothing to do.
    """
    tasks = []
    for path in inputs:
        if path.is_dir():
            tasks += [
                Task(video, output / video.parent.relative_to(path), named=False)
                for video in find_videos(path)
            ]
        else:
            tasks.append(Task(path, output, named=True))
    if not tasks:
        names = ", ".join(str(path) for path in inputs)
        raise MediaError(f"there is no video in {names}", hint="Name a video, or another folder.")
    return tasks


def find_videos(folder: Path) -> Iterator[Path]:
    """Videos below a folder in order of their names; earlier results are passed by."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and read_manifest(here / name) is None
        )
        for name in sorted(files):
            if not name.startswith(".") and _is_meant(here / name):
                yield here / name


def _is_meant(path: Path) -> bool:
    """Whether a file is a video, or at least called like one."""
    try:
        return probe(path).has_video
    except MediaError as error:
        _log.debug("%s", error)
        return path.suffix.lower() in VIDEO_SUFFIXES


def run(
    tasks: Iterable[Task], work: Callable[[Task, Options], Outcome], options: Options
) -> Iterator[Outcome]:
    """Do every task; one that fails stops nothing.

    Args:
        tasks: What there is to do.
        work: Does one of them.
        options: What is wanted; with `force` finished results of earlier runs are made again.
    """
    taken: dict[Path, Path] = {}
    for task in tasks:
        rival = taken.setdefault(task.folder, task.source)
        finished = None if options.force or task.named else find_finished(task, options)
        try:
            if rival != task.source:
                raise OutputError(
                    f"{task.source} would be written where {rival} is: {task.folder}",
                    hint="Rename one of them, or split them one by one.",
                )
            if finished:
                yield Outcome(task.source, "skipped", finished)
            else:
                yield work(task, options)
        except AvsepError as error:
            yield Outcome(task.source, "failed", error=error)


def find_finished(task: Task, options: Options) -> Result | None:
    """The result of an earlier run over the same recording, if the same was wanted of it."""
    manifest = read_manifest(task.folder)
    if manifest is None or manifest.get("options") != describe_options(options):
        return None
    source = manifest["source"]
    if (source["name"], source["bytes"]) != (task.source.name, task.source.stat().st_size):
        return None
    sizes = {task.folder / file["name"]: file["bytes"] for file in manifest["files"]}
    if any(not path.is_file() or path.stat().st_size != size for path, size in sizes.items()):
        return None
    voices = tuple(
        Voice(
            number=person["number"],
            name=person["name"],
            seen=sum(stop - start for start, stop in person["seen"]),
            path=task.folder / f"{person['name']}{options.suffix}",
        )
        for person in manifest["speakers"]
    )
    return Result(task.folder, voices, tuple(sizes), ())


def plan(task: Task, options: Options) -> Outcome:
    """Look whether a recording can be worked on, without writing anything."""
    check_source(task.source)
    folder = check_target(task.folder, force=options.force)
    return Outcome(task.source, "planned", Result(folder, (), (), ()))


def make_worker(
    choice: Choice, watch: Watch = watch_silently
) -> Callable[[Task, Options], Outcome]:
    """A function that splits one recording; network and detector are loaded once, when needed.

    Raises:
        ModelError: There is no such checkpoint.
        SettingError: The device isn't there.
    """
    weights, device = find_weights(choice.model), choose_device(choice.device)
    precision = choose_precision(choice.precision, device)

    @cache
    def load() -> Equipment:
        detect = load_detector(choice.detector, device, count_detector_threads())
        return Equipment(load_model(weights, device), weights, detect)

    def work(task: Task, options: Options) -> Outcome:
        check_source(task.source)  # before the seconds that loading takes
        exactly = replace(options, precision=precision)
        result = split(task.source, task.output, load(), exactly, watch)
        return Outcome(task.source, "done", result)

    return work


def describe(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a program reads it."""
    result, error = outcome.result, outcome.error
    return {
        "input": str(outcome.source),
        "state": outcome.state,
        "folder": str(result.folder) if result else None,
        "speakers": [
            {**asdict(voice), "path": str(voice.path)}
            for voice in (result.voices if result else ())
        ],
        "files": [str(path) for path in result.files] if result else [],
        "left_out": list(result.left_out) if result else [],
        "error": error.message if error else None,
        "hint": error.hint if error else None,
    }
