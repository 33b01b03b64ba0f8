"""Who does the work: this process, or several processes."""

from __future__ import annotations

from functools import partial

from avsep.batch import Choice, Crew, make_work, plan, work_here
from avsep.board import Board
from avsep.wanted import Options
from avsep.watching import Watch


def choose_crew(choice: Choice, options: Options, board: Board, *, jobs: int) -> Crew:
    """Processes of their own, so that one that dies takes only its recording along.

    Args:
        choice: What to work with.
        options: What is wanted.
        board: Shows how far each recording is.
        jobs: How many processes.
    """
    from avsep.workers import pack_kit, work_in_processes

    return partial(work_in_processes, pack_kit(choice, options, jobs), jobs, board.tell)


def work_alone(choice: Choice, options: Options, watch: Watch) -> Crew:
    """This process, for one recording."""
    return partial(work_here, make_work(choice, options, watch))


def plan_only(options: Options) -> Crew:
    """Nobody: only look whether it could be done."""
    return partial(work_here, lambda task: plan(task, options))
