"""Who does the work: this process, several processes, or a cluster."""

from __future__ import annotations

from functools import cache, partial

from avsep.batch.messages import Tell
from avsep.batch.run import (
    Choice,
    Crew,
    choose_exactly,
    load_equipment,
    make_work,
    plan,
    work_here,
)
from avsep.device import use_threads
from avsep.model.checkpoint import find_weights
from avsep.options import Options
from avsep.progress import Watch


def choose_crew(
    choice: Choice, options: Options, tell: Tell, *, jobs: int, cluster: str | None
) -> Crew:
    """Processes of their own, so that one that dies takes only its recording along.

    Args:
        choice: What to work with.
        options: What is wanted.
        tell: Hears how far each recording is.
        jobs: How many processes.
        cluster: Address of a Ray cluster to use instead.
    """
    if cluster:
        from avsep.batch.ray_cluster import work_on_cluster

        return partial(work_on_cluster, choice, options, cluster, tell)
    from avsep.batch.processes import pack_kit, work_in_processes

    return partial(work_in_processes, pack_kit(choice, options, jobs), jobs, tell)


def work_alone(choice: Choice, options: Options, watch: Watch) -> Crew:
    """This process, for one recording.

    Raises:
        ModelError: There is no such checkpoint.
        SettingError: The device isn't there.
    """
    use_threads()
    find_weights(choice.model)
    load = cache(partial(load_equipment, choice))
    work = make_work(load, choose_exactly(options, choice), lambda *_: watch)
    return partial(work_here, work)


def plan_only(options: Options) -> Crew:
    """Nobody: only look whether it could be done."""
    return partial(work_here, lambda task: plan(task, options))
