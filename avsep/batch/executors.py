"""Who does the work: this process, several processes, or a cluster."""

from __future__ import annotations

from functools import partial

from avsep.batch.messages import Tell
from avsep.batch.run import Crew, make_work, plan, work_here
from avsep.options import Options
from avsep.pipeline import Separator, SeparatorConfig
from avsep.progress import Progress


def choose_crew(
    config: SeparatorConfig, options: Options, tell: Tell, *, jobs: int, cluster: str | None
) -> Crew:
    """Processes of their own, so that one that dies takes only its recording along.

    Args:
        config: What to work with.
        options: What is wanted.
        tell: Hears how far each recording is.
        jobs: How many processes.
        cluster: Address of a Ray cluster to use instead.
    """
    if cluster:
        from avsep.batch.ray_cluster import work_on_cluster

        return partial(work_on_cluster, config, options, cluster, tell)
    from avsep.batch.processes import prepare_workers, work_in_processes

    return partial(work_in_processes, prepare_workers(config, options, jobs), jobs, tell)


def work_alone(config: SeparatorConfig, options: Options, progress: Progress) -> Crew:
    """This process, for one recording.

    Raises:
        ModelError: There is no such checkpoint.
        SettingError: The device isn't there.
    """
    separator = Separator.of(config)
    return partial(work_here, make_work(lambda: separator, options, lambda *_: progress))


def plan_only(config: SeparatorConfig, options: Options) -> Crew:
    """Nobody: only look whether it could be done, and how long it would take."""
    from avsep.batch.trial import Trial

    trial = Trial(config)
    return partial(work_here, lambda task: plan(task, options, trial.estimate))
