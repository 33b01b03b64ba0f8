"""Many recordings: what is done already, doing the rest, what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from avsep.batch.jobs import Task
from avsep.batch.resume import find_finished
from avsep.errors import AvsepError, IncompleteError, OutputError
from avsep.faces.crops import MOUTH_SIZE
from avsep.media.probing import MediaInfo
from avsep.media.stretches import plan_cut
from avsep.options import Options
from avsep.outputs.folder import clear_leftovers
from avsep.outputs.opening import open_recording
from avsep.outputs.target import check_room, check_target
from avsep.pipeline import Separator, split
from avsep.progress import Progress
from avsep.refusals import explain
from avsep.result import Result

PLANNED = 2  # speakers, as long as nobody has looked


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
        time: Seconds that it would take, of a dry run; None if nobody knows.
    """

    source: Path
    state: str
    result: Result | None = None
    error: AvsepError | None = None
    seconds: float = 0.0
    disk: int = 0
    time: float | None = None


Work: TypeAlias = Callable[[Task], Outcome]
# Does tasks in any order and way, and catches what is expected to fail.
Crew: TypeAlias = Callable[[Sequence[Task]], Iterator[Outcome]]


def run(
    tasks: Sequence[Task],
    crew: Crew,
    options: Options,
    tools: Mapping[str, Any],
    *,
    is_dry: bool = False,
) -> Iterator[Outcome]:
    """Do every task that no earlier run has finished; one that fails stops nothing.

    Args:
        tasks: What there is to do.
        crew: Who does it.
        options: What is wanted of those tasks that have no options of their own; with `force`
            finished results are made again.
        tools: What shapes a result now, as `avsep.kit.name_tools` names it.
        is_dry: Whether nothing shall be written, nor what killed runs have left be removed.
    """
    if not is_dry:
        clear_all(tasks)
    waiting = []
    for task in tasks:
        try:
            wanted = task.choose_options(options)
            finished = None if wanted.force else find_finished(task, wanted, tools)
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
        if not is_dry:
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


def plan(
    task: Task,
    options: Options,
    estimate: Callable[[MediaInfo, int], float | None] = lambda *_: None,
) -> Outcome:
    """Look whether a recording of two people could be worked on, without writing anything.

    Args:
        task: The recording.
        options: What is wanted.
        estimate: Says how many seconds a recording takes in which so many have a voice.
    """
    options = task.choose_options(options)
    source = open_recording(task.source, options)
    info = plan_cut(source, options).info
    folder = check_target(info, task.folder, options).folder
    people = len(options.speakers or ()) or PLANNED
    need = check_room(info, folder, options, people, MOUTH_SIZE)
    seconds = estimate(info, people)
    return Outcome(task.source, "planned", Result(folder, (), ()), disk=need, time=seconds)


def make_work(
    load: Callable[[], Separator], options: Options, follow: Callable[[Path, float], Progress]
) -> Work:
    """What splits a recording.

    Args:
        load: Gives what separates, when it is needed.
        options: What is wanted.
        follow: Makes a progress hook for a recording of so many seconds.
    """

    def work(task: Task) -> Outcome:
        wanted = task.choose_options(options)
        recording = open_recording(task.source, wanted)  # before the seconds that loading takes
        progress = follow(task.source, recording.duration)
        result = split(recording, task.output, load(), wanted, progress, task.called)
        return Outcome(task.source, "done", result)

    return work
