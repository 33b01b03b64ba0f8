"""Many recordings by the machines of a Ray cluster, which share a file system."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from avsep.batch.jobs import Task
from avsep.batch.messages import LogSender, Message, Tell, Teller, pass_on
from avsep.batch.resume import find_finished
from avsep.batch.run import Outcome, attempt, make_work
from avsep.device import NETWORK_THREADS
from avsep.errors import SettingError, WorkError
from avsep.model.checkpoint import find_weights
from avsep.options import Options
from avsep.pipeline import Separator, SeparatorConfig
from avsep.speech.samples import is_file

_log = logging.getLogger(__name__)

RETRIES = 3  # machines that may be lost under one recording
LOOK_EVERY = 0.5  # seconds between looks at who has got how far
PATIENCE = 10.0  # seconds for machines to clean up after an interruption


class Post:
    """Where the machines leave word of how far they are, and the driver fetches it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def put(self, message: Message) -> None:
        """Leave word."""
        self.messages.append(message)

    def take(self) -> list[Message]:
        """Fetch what is new."""
        messages, self.messages = self.messages, []
        return messages


def work_on_cluster(
    config: SeparatorConfig, options: Options, address: str, tell: Tell, tasks: Sequence[Task]
) -> Iterator[Outcome]:
    """Do tasks on an existing cluster; what a lost machine had is done again on another.

    Args:
        config: What to work with.
        options: What is wanted.
        address: Of the cluster, as `ray.init` takes it.
        tell: Hears how far each recording is.
        tasks: What there is to do, at places that all machines know by the same names.

    Yields:
        What became of each, as they get done.

    Raises:
        SettingError: Ray isn't installed, or there is no such cluster.
    """
    ray = connect(address)
    try:
        post = _open_post(ray)
        do = ray.remote(max_retries=RETRIES, **find_resources(ray, config))(do_task)
        options = _place_files(options)
        if find_weights(config.model) == Path(config.model):  # a file, which is not bundled
            config = replace(config, model=Path(config.model).absolute())
        waiting = {do.remote(config, options, _make_absolute(task), post): task for task in tasks}
        yield from _collect(ray, waiting, post, tell)
    finally:
        ray.shutdown()


def connect(address: str) -> Any:  # noqa: ANN401 - the module
    """Join a cluster as its driver.

    Raises:
        SettingError: Ray isn't installed, or there is no such cluster.
    """
    try:
        import ray
    except ImportError as error:
        raise SettingError("Ray isn't installed", hint="pip install 'avsep[ray]'") from error
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    except (OSError, RuntimeError, ValueError) as error:
        reason = next(iter(str(error).strip().splitlines()), "no answer")
        raise SettingError(
            f"there is no Ray cluster at {address}: {reason}",
            hint="Start one with `ray start --head`, and give the address that it prints.",
        ) from error
    return ray


def find_resources(ray: Any, config: SeparatorConfig) -> dict[str, float]:  # noqa: ANN401
    """What each recording takes of the cluster: a GPU, or some cores where there is none.

    Raises:
        SettingError: The cluster lends neither.
    """
    if config.device != "cpu" and ray.cluster_resources().get("GPU"):
        return {"num_gpus": 1, "num_cpus": 1}
    most = max(node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"])
    if not most:
        raise SettingError("the Ray cluster has no cores to lend", hint="Add machines to it.")
    return {"num_cpus": min(NETWORK_THREADS, most)}


def do_task(config: SeparatorConfig, options: Options, task: Task, post: Any) -> Outcome:  # noqa: ANN401
    """What runs on a machine of the cluster."""
    work = make_work(partial(_load, config), options, partial(Teller, post.put.remote))

    def work_once(task: Task) -> Outcome:
        """A machine may have been lost between finishing it and saying so."""
        wanted = task.choose_options(options)
        finished = None if wanted.force else find_finished(task, wanted, config.tools)
        return Outcome(task.source, "done", finished) if finished else work(task)

    with LogSender(post.put.remote):
        return attempt(work_once, task)


@cache
def _load(config: SeparatorConfig) -> Separator:
    """One separator for each process of the cluster."""
    return Separator.of(config)


def _open_post(ray: Any) -> Any:  # noqa: ANN401
    """On the driver's machine, the only one whose loss ends everything anyway."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, scheduling_strategy=here)(Post).remote()


def _place_files(options: Options) -> Options:
    """The same with every file named from the root."""

    def place(name: str) -> str:
        return str(Path(name).absolute())

    voices = options.voices or {}
    return replace(
        options,
        sound=place(options.sound) if options.sound else None,
        cameras=tuple(map(place, options.cameras)),
        voices={name: place(of) if is_file(of) else of for name, of in voices.items()} or None,
    )


def _make_absolute(task: Task) -> Task:
    """The task as it is named from any folder."""
    options = _place_files(task.options) if task.options else None
    source, output = task.source.absolute(), task.output.absolute()
    return replace(task, source=source, output=output, options=options)


def _collect(
    ray: Any,  # noqa: ANN401
    waiting: dict[Any, Task],
    post: Any,  # noqa: ANN401
    tell: Tell,
) -> Iterator[Outcome]:
    names = {task.source.absolute(): task.source for task in waiting.values()}

    def pass_all() -> None:
        for message in ray.get(post.take.remote()):
            pass_on(message, lambda step: tell(replace(step, source=names[step.source])))

    try:
        while waiting:
            ready, _ = ray.wait(list(waiting), timeout=LOOK_EVERY)
            pass_all()
            for reference in ready:
                yield _fetch(ray, reference, waiting.pop(reference))
        pass_all()  # what is told last may come after the outcome
    finally:
        for reference in waiting:
            ray.cancel(reference)
        if waiting:
            ray.wait(list(waiting), num_returns=len(waiting), timeout=PATIENCE)


def _fetch(ray: Any, reference: Any, task: Task) -> Outcome:  # noqa: ANN401
    try:
        outcome: Outcome = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        _log.error("%s", error)  # with the traceback of what is a mistake of ours
        how = "a mistake in avsep"
    except ray.exceptions.RayError as error:
        how = f"the machines that worked on it were lost ({type(error).__name__})"
    else:
        return replace(outcome, source=task.source)
    hint = "Split it alone to see more."
    return Outcome(task.source, "failed", error=WorkError(f"{task.source}: {how}", hint=hint))
