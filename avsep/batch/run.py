"""Many recordings: what is done already, doing the rest, what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from avsep.batch.jobs import Task
from avsep.batch.resume import find_finished
from avsep.device import choose_device, choose_precision, count_detector_threads
from avsep.errors import AvsepError, IncompleteError, OutputError
from avsep.faces.crops import MOUTH_SIZE
from avsep.faces.detectors import load_detector
from avsep.faces.embedding import load_embedder
from avsep.files import sha256
from avsep.model.checkpoint import find_weights, load_model
from avsep.model.network import SpeechSeparator
from avsep.options import Options
from avsep.outputs.checks import check_encoders, check_file_size, check_names
from avsep.outputs.folder import check_target, clear_leftovers
from avsep.outputs.manifest import may_be_redone
from avsep.outputs.space import check_channels, check_disk, estimate_disk
from avsep.pipeline import Equipment, check_source, split
from avsep.progress import Watch
from avsep.refusals import explain
from avsep.result import Result
from avsep.speech.whisper import load_recogniser

PLANNED = (1, 2)  # speakers, as long as nobody has looked


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording.

    Attributes:
        source: The recording.
        state: done, skipped (a finished result was there), planned (dry run), incomplete (the
            voices are finished, something else is not) or failed.
        result: Of an earlier run where it was skipped; None if it failed.
        error: Why it failed, or is incomplete.
        seconds: How long it took.
        disk: Bytes that it would take, of a dry run.
    """

    source: Path
    state: str
    result: Result | None = None
    error: AvsepError | None = None
    seconds: float = 0.0
    disk: int = 0


Work: TypeAlias = Callable[[Task], Outcome]


# Does tasks in any order and way, and catches what is expected to fail.
Crew: TypeAlias = Callable[[Sequence[Task]], Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What recordings are to be worked on with, as the command line names it.

    Attributes:
        model: Bundled weights or a checkpoint.
        detector: One of `avsep.faces.detectors.DETECTORS`.
        device: As `avsep.device.choose_device` knows it.
        precision: One of `avsep.device.PRECISIONS`.
    """

    model: str = "base"
    detector: str = "auto"
    device: str = "auto"
    precision: str = "auto"


def run(tasks: Sequence[Task], crew: Crew, options: Options, weights: Path) -> Iterator[Outcome]:
    """Do every task that no earlier run has finished; one that fails stops nothing.

    Args:
        tasks: What there is to do.
        crew: Who does it.
        options: What is wanted; with `force` finished results are made again.
        weights: The checkpoint that is used.
    """
    clear_all(tasks)
    waiting = []
    checksum = sha256(weights)
    for task in tasks:
        try:
            finished = None if options.force else find_finished(task, options, checksum)
        except OutputError as error:
            yield Outcome(task.source, "failed", error=error)
            continue
        if finished:
            yield Outcome(task.source, "skipped", finished)
        else:
            waiting.append(task)
    try:
        yield from crew(waiting)
    finally:
        clear_all(waiting)


def clear_all(tasks: Sequence[Task]) -> None:
    """Remove what killed processes have left where results of these tasks go."""
    for folder in {task.folder.parent for task in tasks}:
        clear_leftovers(folder)


def work_here(work: Work, tasks: Sequence[Task]) -> Iterator[Outcome]:
    """Do one task after the other in this process."""
    for task in tasks:
        yield attempt(work, task)


def attempt(work: Work, task: Task) -> Outcome:
    """Do one task, and keep what was expected to fail as its outcome."""
    began = time.monotonic()
    try:
        outcome = work(task)
    except IncompleteError as error:
        kept = error.result if isinstance(error.result, Result) else None
        outcome = Outcome(task.source, "incomplete", kept, error)
    except AvsepError as error:
        outcome = Outcome(task.source, "failed", error=error)
    except Exception as error:
        known = explain(error, str(task.source))
        if known is None:
            raise
        outcome = Outcome(task.source, "failed", error=known)
    return replace(outcome, seconds=time.monotonic() - began)


def plan(task: Task, options: Options) -> Outcome:
    """Look whether a recording of two people could be worked on, without writing anything."""
    info = check_source(task.source, options)
    check_channels(info, options)
    redo = may_be_redone(task.folder, task.source, options)
    folder = check_target(task.folder, force=options.force or redo)
    check_encoders(info, options)
    check_names(folder, info, options)
    people = len(options.speakers or PLANNED)
    need = estimate_disk(info, options, people, MOUTH_SIZE)
    check_disk(folder.parent, need, task.source)
    check_file_size(folder.parent, info, options, people)
    return Outcome(task.source, "planned", Result(folder, (), (), ()), disk=need)


def make_work(
    load: Callable[[], Equipment], options: Options, follow: Callable[[Path, float], Watch]
) -> Work:
    """What splits a recording.

    Args:
        load: Gives network and detector, when they are needed.
        options: What is wanted.
        follow: Makes a progress hook for a recording of so many seconds.
    """

    def work(task: Task) -> Outcome:
        info = check_source(task.source, options)  # before the seconds that loading takes
        watch = follow(task.source, info.duration)
        result = split(task.source, task.output, load(), options, watch, task.name)
        return Outcome(task.source, "done", result)

    return work


def load_equipment(choice: Choice) -> Equipment:
    """Everything of this choice.

    Raises:
        ModelError: There is no such checkpoint.
        SettingError: The device isn't there.
        FaceError: What looks at faces isn't there.
    """
    network = load_model(find_weights(choice.model), choose_device(choice.device))
    return equip(choice, count_detector_threads(), network)


def equip(choice: Choice, threads: int, network: SpeechSeparator) -> Equipment:
    """What goes with a network that is loaded already; so many threads look for faces."""
    device = choose_device(choice.device)
    detect, embed = load_detector(choice.detector, device, threads), load_embedder(device)
    hear = partial(load_recogniser, device=device)
    return Equipment(network, find_weights(choice.model), detect, embed, hear)


def choose_exactly(options: Options, choice: Choice) -> Options:
    """The options with the precision of this choice on this machine."""
    precision = choose_precision(choice.precision, choose_device(choice.device))
    return replace(options, precision=precision)
