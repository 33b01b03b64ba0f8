"""What `avsep split` does, once its options are read."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import typer

from avsep.batch import executors as crews
from avsep.batch import run as batch
from avsep.batch.arrivals import STAY, Arrivals
from avsep.batch.jobs import Task, collect_tasks, cut_tasks
from avsep.batch.run import Crew, Outcome
from avsep.batch.summary import check_summary
from avsep.cli.board import Board
from avsep.cli.kept_names import keep_names
from avsep.cli.results import report_batch, report_each
from avsep.cli.screen import Screen
from avsep.cli.settings import Settings
from avsep.cli.wanted import read_options
from avsep.errors import AvsepError, MediaError, SettingError
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
    run = Run(context, inputs)
    if run.given["watch"]:
        run.watch()
    tasks = run.choose_tasks(collect_tasks(run.inputs, run.output, run.screen.watch))
    if len(tasks) > 1:
        check_summary(run.output)
    kept = run.output if len(tasks) > 1 and not run.is_dry else None
    as_json = run.given["json"]
    with run.working_on(tasks) as (board, outcomes):
        fine = report_batch(run.screen, board, outcomes, len(tasks), as_json=as_json, summary=kept)
    if not fine:
        raise typer.Exit(FAILED)


class Run:
    """What is in force in one run of the command, and the work of it.

    Attributes:
        screen: Where results go.
        inputs: Videos, and folders with videos.
        settings: Whatever is in force for each recording.
        given: Values of all options, for the run as a whole.
        options: What is wanted of a recording of which nothing else is said.
        config: What makes the separator.
        output: Where results go.
        is_dry: Whether nothing shall be written.
    """

    def __init__(self, context: typer.Context, inputs: Sequence[Path]) -> None:
        self.screen: Screen = context.obj
        self.inputs = inputs
        self.settings = Settings.of(context, inputs)
        self.given = given = self.settings.choose_values(None)
        self.options = read_options(given)
        self.config = SeparatorConfig(
            *(given[name] for name in ("model", "device", "detector", "precision", "passes"))
        )
        self.cameras: list[Path] = []
        if given["same_event"]:
            check_cameras(inputs)
            self.inputs, self.cameras = inputs[:1], list(inputs[1:])
        self.output: Path = given["output_dir"]
        self.is_dry: bool = given["dry_run"]

    def choose_tasks(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks with what is wanted of each, whose packages are all there."""
        tasks = [self._add_cameras(task) for task in self.settings.assign(tasks)]
        tasks = cut_tasks(tasks, self.options)
        check_offsets(tasks)
        check_all_packages(tasks)
        return tasks

    def _add_cameras(self, task: Task) -> Task:
        options = replace(task.choose_options(self.options), cameras=tuple(map(str, self.cameras)))
        return replace(task, options=options) if self.cameras else task

    @contextmanager
    def working_on(self, tasks: Sequence[Task]) -> Iterator[tuple[Board, Iterable[Outcome]]]:
        """A board that shows how far it is, and what becomes of each task."""
        with self.screen.show_board(len(tasks), measure_sizes(tasks)) as board:
            crew = self._choose_crew(tasks, board)
            tools = self.config.tools
            outcomes = batch.run(tasks, crew, self.options, tools, is_dry=self.is_dry)
            if len(tasks) == 1 and not self.is_dry and not has_parts(tasks[0]):
                outcomes = keep_as_done(outcomes, self.settings, self.screen)
            yield board, outcomes

    def _choose_crew(self, tasks: Sequence[Task], board: Board) -> Crew:
        given = self.given
        if self.is_dry:
            return crews.plan_only(self.config, self.options)
        alone = len({task.source for task in tasks}) == 1 and not given["watch"]
        if alone and not given["ray"]:
            return crews.work_alone(self.config, self.options, self.screen.watch)
        jobs, cluster = given["jobs"], given["ray"]
        return crews.choose_crew(self.config, self.options, board.tell, jobs=jobs, cluster=cluster)

    def watch(self) -> NoReturn:
        """Split whatever arrives in the folders, until somebody interrupts."""
        check_watching(self.inputs, is_dry=self.is_dry)
        arrivals = Arrivals(self.inputs)
        self.screen.note(f"waiting for recordings in {', '.join(map(str, self.inputs))}")
        while True:
            if fresh := set(arrivals.look()):
                self._do_if_possible(fresh)
            time.sleep(STAY)

    def _do_if_possible(self, fresh: Collection[Path]) -> None:
        """What is refused, as by a mistake in a settings file beside it, ends nothing."""
        try:
            self._do_arrived(fresh)
        except MediaError:  # none of them is a video
            pass
        except AvsepError as error:
            if len(fresh) > 1:
                for path in sorted(fresh):
                    self._do_if_possible({path})
            else:
                self.screen.show_error(error)
                self.screen.note(f"{', '.join(map(str, fresh))}: left until it changes")

    def _do_arrived(self, fresh: Collection[Path]) -> None:
        # All are collected: how a result is called depends on its neighbours.
        tasks = collect_tasks(self.inputs, self.output)
        tasks = self.choose_tasks([task for task in tasks if task.source in fresh])
        with self.working_on(tasks) as (board, outcomes):
            report_each(self.screen, board, outcomes, as_json=self.given["json"])


def check_cameras(inputs: Sequence[Path]) -> None:
    """Refuse what is not several videos of one event."""
    if len(inputs) < 2 or any(path.is_dir() for path in inputs):  # noqa: PLR2004 - two cameras
        raise SettingError(
            "--same-event takes two videos or more, and no folders",
            hint="The first gives the sound, and the picture of what is written.",
        )


def check_watching(inputs: Sequence[Path], *, is_dry: bool) -> None:
    """Refuse what cannot be watched.

    Raises:
        BadParameter: Nothing would ever be done.
        SettingError: Something is no folder.
    """
    if is_dry:
        raise typer.BadParameter("--watch and --dry-run contradict each other")
    for path in inputs:
        if not path.is_dir():
            raise SettingError(
                f"{path} is no folder that could fill",
                hint="Name the folder in which recordings arrive.",
            )


def measure_sizes(tasks: Sequence[Task]) -> dict[Path, int]:
    """Bytes of each recording; 0 of one that is not there."""
    sizes = {}
    for task in tasks:
        with suppress(OSError):
            sizes[task.source] = task.source.stat().st_size
    return sizes


def has_parts(task: Task) -> bool:
    """Whether parts of a recording are wanted: speakers' numbers are theirs, not the whole's."""
    return task.options is not None and bool(task.options.ranges or task.options.preview)


def check_offsets(tasks: Sequence[Task]) -> None:
    """Refuse one place in a sound for several recordings; by itself each finds its own."""
    owners: dict[tuple[str, float], Path] = {}
    for task in tasks:
        options = task.options
        if options is None or options.sound is None or options.sound_offset is None:
            continue
        owner = owners.setdefault((options.sound, options.sound_offset), task.source)
        if owner != task.source:
            raise SettingError(
                f"--sound-offset would put {options.sound} at one place in {owner} and in"
                f" {task.source}",
                hint="Leave it away, or write each one's into avsep.toml below"
                ' [recordings."debate.mp4"].',
            )


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
    place = settings.files.find_place(source)
    if settings.given_names and place is not None:
        path, key = place
        if keep_names(path, source, settings.given_names, key):
            screen.note(f"kept the names of {source} in {path}")
