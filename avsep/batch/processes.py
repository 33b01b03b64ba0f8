"""Many recordings by several processes, of which one that dies takes only its recording along."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import cv2
from torch import multiprocessing

from avsep.batch.jobs import Task
from avsep.batch.messages import LogSender, Tell, Teller, pass_on
from avsep.batch.run import Outcome, attempt, make_work
from avsep.batch.shared_network import SharedNetwork
from avsep.children import PATIENCE, end_process, live_with_parent
from avsep.device import count_detector_threads
from avsep.errors import TERMINATED, WorkError
from avsep.model.network import SeparationNetwork
from avsep.options import Options
from avsep.pipeline import Separator, SeparatorConfig


@dataclass(frozen=True, slots=True, eq=False)
class WorkerSetup:
    """What a process needs to know to do tasks.

    Attributes:
        network: Shared by all processes.
        build: Makes a separator of it.
        options: What is wanted.
        threads: For the frames and the faces in them.
    """

    network: SharedNetwork
    build: Callable[[SeparationNetwork], Separator]
    options: Options
    threads: int


def prepare_workers(config: SeparatorConfig, options: Options, jobs: int) -> WorkerSetup:
    """Load the network, and divide the processor's cores among so many processes.

    Raises:
        ModelError: There is no such checkpoint.
        SettingError: The device isn't there.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs)
    config = replace(config, threads=min(threads, count_detector_threads()))
    network = SharedNetwork.share(Separator.of(config).network)
    return WorkerSetup(network, partial(Separator.of, config), options, threads)


def work_in_processes(
    setup: WorkerSetup, jobs: int, tell: Tell, tasks: Sequence[Task]
) -> Iterator[Outcome]:
    """Do tasks in so many processes side by side.

    Args:
        setup: What each process works with.
        jobs: How many processes.
        tell: Hears how far each recording is.
        tasks: What there is to do.

    Yields:
        What became of each, as they get done.
    """
    waiting, workers = deque(tasks), list[_Worker]()
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                workers.append(_Worker(setup, waiting.popleft()))
            for worker in _find_ready(workers):
                outcome = worker.listen(tell)
                if outcome is None:
                    continue
                yield outcome
                if worker.is_alive and waiting:
                    worker.give(waiting.popleft())
                else:
                    worker.ask_to_end()
                    worker.end()
                    workers.remove(worker)
    finally:
        for worker in workers:
            worker.ask_to_end()
        for worker in workers:
            worker.end()


class _Worker:
    """One process, seen from outside, with the task it has."""

    def __init__(self, setup: WorkerSetup, task: Task) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=serve, args=(other, setup), daemon=False
        )
        self.process.start()
        other.close()
        self.is_alive = True
        self.give(task)

    def give(self, task: Task) -> None:
        self.task: Task | None = task
        with suppress(OSError):  # of one that is dead we hear when listening
            self.pipe.send(task)

    def listen(self, tell: Tell) -> Outcome | None:
        """Pass on what the process says; its outcome ends a task, and so does its death."""
        try:
            said = self.pipe.recv()
        except (EOFError, OSError):
            return self._report_death()
        if isinstance(said, Outcome):
            self.task = None
            return said
        pass_on(said, tell)
        return None

    def _report_death(self) -> Outcome:
        assert self.task is not None
        self.process.join(PATIENCE)
        self.is_alive = False
        return Outcome(
            self.task.source, "failed", error=explain_end(self.task.source, self.process.exitcode)
        )

    def ask_to_end(self) -> None:
        """Let the process clean up; several may do so side by side."""
        with suppress(OSError):
            self.pipe.send(None)
        if self.task is not None:
            self.process.terminate()

    def end(self) -> None:
        """Wait for it, but not for ever."""
        end_process(self.process)
        self.pipe.close()


def _find_ready(workers: Sequence[_Worker]) -> list[_Worker]:
    ready = connection.wait([worker.pipe for worker in workers])
    return [worker for worker in workers if worker.pipe in ready]


def explain_end(source: Path | str, code: int | None) -> WorkError:
    """Why a recording failed whose process ended with a code.

    Args:
        source: The recording.
        code: Of its process, negative for a signal; None if that isn't known.
    """
    if code is not None and code < 0:
        how = f"was ended by {signal.Signals(-code).name}"
    else:
        how = f"ended with exit status {code}"
    return WorkError(
        f"{source}: the process that worked on it {how}",
        hint="SIGKILL mostly means that memory was short: take fewer --jobs, or close programs."
        if code == -signal.SIGKILL
        else "Split it alone to see more.",
    )


def serve(pipe: Connection, setup: WorkerSetup) -> None:
    """What runs in a process: do tasks until there are none, or until the parent is gone."""
    live_with_parent()
    cv2.setNumThreads(setup.threads)
    # Loaded inside the first task, so that what lacks is said as that task's own failure.
    load = cache(lambda: setup.build(setup.network.open()))
    send = partial(_send, pipe)
    work = make_work(load, setup.options, partial(Teller, send))
    with suppress(KeyboardInterrupt), LogSender(send):
        while (task := _receive(pipe)) is not None:
            send(attempt(work, task))


def _receive(pipe: Connection) -> Task | None:
    """The next task; none once the parent is gone."""
    try:
        task: Task | None = pipe.recv()
    except (EOFError, ConnectionError):
        return None
    return task


def _send(pipe: Connection, message: object) -> None:
    """Tell the parent something; without one there is nothing more to do."""
    try:
        pipe.send(message)
    except ConnectionError:
        sys.exit(TERMINATED)
