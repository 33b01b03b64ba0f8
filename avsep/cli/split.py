"""What `avsep split` does, once its options are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import typer

from avsep.batch import executors as crews
from avsep.batch import run as batch
from avsep.batch.jobs import Task, collect_tasks, cut_tasks
from avsep.batch.run import Outcome
from avsep.batch.summary import check_summary
from avsep.cli.kept_names import keep_names
from avsep.cli.results import report_batch
from avsep.cli.screen import Screen
from avsep.cli.settings import Settings
from avsep.cli.wanted import read_options
from avsep.model.checkpoint import find_weights
from avsep.options import Options
from avsep.outputs.checks import check_packages
from avsep.pipeline import SeparatorConfig

FAILED = 1


def run_split(context: typer.Context, inputs: Sequence[Path]) -> None:
    """Split all recordings that are named, or found in folders.

    Args:
        context: Holds the values of all options.
        inputs: Videos, and folders with videos.

    Raises:
        typer.Exit: Something failed.
    """
    screen: Screen = context.obj
    settings = Settings.of(context, inputs)
    given = settings.choose_values(None)
    options = read_options(given)
    output, is_dry = given["output_dir"], given["dry_run"]
    tasks = cut_tasks(settings.assign(collect_tasks(inputs, output, screen.watch)), options)
    check_all_packages(tasks)
    if len(tasks) > 1:
        check_summary(output)
    machine = (given[name] for name in ("model", "device", "detector", "precision"))
    config = SeparatorConfig(*machine)
    with screen.show_board(len(tasks), measure_sizes(tasks)) as board:
        if is_dry:
            crew = crews.plan_only(config, options)
        elif len({task.source for task in tasks}) == 1 and not given["ray"]:
            crew = crews.work_alone(config, options, screen.watch)
        else:
            jobs, cluster = given["jobs"], given["ray"]
            crew = crews.choose_crew(config, options, board.tell, jobs=jobs, cluster=cluster)
        outcomes = batch.run(tasks, crew, options, find_weights(config.model))
        if len(tasks) == 1 and not is_dry and not choose_ranges(tasks[0]):
            outcomes = keep_as_done(outcomes, settings, screen)
        kept = output if len(tasks) > 1 and not is_dry else None
        as_json = given["json"]
        fine = report_batch(screen, board, outcomes, len(tasks), as_json=as_json, summary=kept)
    if not fine:
        raise typer.Exit(FAILED)


def measure_sizes(tasks: Sequence[Task]) -> dict[Path, int]:
    """Bytes of each recording; 0 of one that is not there."""
    sizes = {}
    for task in tasks:
        with suppress(OSError):
            sizes[task.source] = task.source.stat().st_size
    return sizes


def choose_ranges(task: Task) -> tuple[str, ...]:
    """The parts of a recording that are wanted: speakers' numbers are theirs, not the whole's."""
    return task.options.ranges if task.options else ()


def check_all_packages(tasks: Sequence[Task]) -> None:
    """Refuse to begin where a package is missing that some recording needs."""
    for options in {id(task.options): task.options for task in tasks}.values():
        check_packages(options or Options())


def keep_as_done(
    outcomes: Iterable[Outcome], settings: Settings, screen: Screen
) -> Iterator[Outcome]:
    """Keep the names that were given, once they have proved to be those of people."""
    for outcome in outcomes:
        yield outcome
        if outcome.result:
            keep_given(settings, outcome.source, screen)


def keep_given(settings: Settings, source: Path, screen: Screen) -> None:
    """Keep the names of speakers that the command line gives, for the next run."""
    place = settings.find_place(source)
    if settings.given_names and place is not None:
        path, key = place
        if keep_names(path, source, settings.given_names, key):
            screen.note(f"kept the names of {source} in {path}")
