"""What `avsep split` does, once its options are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from avsep.batch import executors as crews
from avsep.batch import run as batch
from avsep.batch.jobs import collect_tasks
from avsep.batch.summary import check_summary
from avsep.cli.results import report_batch
from avsep.cli.screen import Screen
from avsep.cli.wanted import read_options
from avsep.model.checkpoint import find_weights
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
    given = context.params
    options = read_options(given)
    check_packages(options)
    output, is_dry = given["output_dir"], given["dry_run"]
    tasks = collect_tasks(inputs, output, screen.watch)
    if len(tasks) > 1:
        check_summary(output)
    machine = (given[name] for name in ("model", "device", "detector", "precision"))
    config = SeparatorConfig(*machine)
    with screen.show_board(len(tasks)) as board:
        if is_dry:
            crew = crews.plan_only(options)
        elif len(tasks) == 1 and not given["ray"]:
            crew = crews.work_alone(config, options, screen.watch)
        else:
            jobs, cluster = given["jobs"], given["ray"]
            crew = crews.choose_crew(config, options, board.tell, jobs=jobs, cluster=cluster)
        outcomes = batch.run(tasks, crew, options, find_weights(config.model))
        kept = output if len(tasks) > 1 and not is_dry else None
        as_json = given["json"]
        fine = report_batch(screen, board, outcomes, len(tasks), as_json=as_json, summary=kept)
    if not fine:
        raise typer.Exit(FAILED)
