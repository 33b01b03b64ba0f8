"""Many recordings by several processes, of which one that dies takes only its recording along."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import cv2
import torch
from torch import multiprocessing

from avsep.batch import Choice, Outcome, attempt
from avsep.computing import choose_device, choose_precision, count_detector_threads
from avsep.errors import WorkError
from avsep.faces import FaceDetector, load_detector
from avsep.model import find_weights, load_model
from avsep.model.sharing import SharedNetwork
from avsep.pipeline import Equipment, check_source, split
from avsep.placing import clear_leftovers
from avsep.tasks import Task
from avsep.wanted import Options
from avsep.watching import Tell, Teller

PATIENCE = 10.0  # seconds for a process to clean up after itself
TERMINATED = 143

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """What a process needs to know to do tasks.

    Attributes:
        network: Shared by all processes.
        weights: The checkpoint it came from.
        make_detector: Loads the face detector.
        options: What is wanted.
        threads: For the network and the pictures.
    """

    network: SharedNetwork
    weights: Path
    make_detector: Callable[[], FaceDetector]
    options: Options
    threads: int


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a process's log."""

    level: int
    text: str


def pack_kit(choice: Choice, options: Options, jobs: int) -> Kit:
    """Load the network, and divide the processor's cores among so many processes.

    Raises:
        ModelError: There is no such checkpoint.
        SettingError: The device isn't there.
    """
    weights, device = find_weights(choice.model), choose_device(choice.device)
    threads = max(1, torch.get_num_threads() // jobs)
    return Kit(
        SharedNetwork.share(load_model(weights, device)),
        weights,
        partial(load_detector, choice.detector, device, min(threads, count_detector_threads())),
        replace(options, precision=choose_precision(choice.precision, device)),
        threads,
    )


def work_in_processes(kit: Kit, jobs: int, tell: Tell, tasks: Sequence[Task]) -> Iterator[Outcome]:
    """Do tasks in so many processes side by side.

    Args:
        kit: What each process works with.
        jobs: How many processes.
        tell: Hears how far each recording is.
        tasks: What there is to do.

    Yields:
        What became of each, as they get done.
    """
    waiting, hands = deque(tasks), list[_Hand]()
    try:
        while waiting or hands:
            while waiting and len(hands) < jobs:
                hands.append(_Hand(kit, waiting.popleft()))
            for hand in _find_ready(hands):
                outcome = hand.listen(tell)
                if outcome is None:
                    continue
                yield outcome
                if hand.is_alive and waiting:
                    hand.give(waiting.popleft())
                else:
                    hand.dismiss()
                    hands.remove(hand)
    finally:
        for hand in hands:
            hand.dismiss()


class _Hand:
    """One process, seen from outside, with the task it has."""

    def __init__(self, kit: Kit, task: Task) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(other, kit), daemon=False)
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
            return self._bury()
        if isinstance(said, Outcome):
            self.task = None
            return said
        if isinstance(said, Said):
            _log.log(said.level, "%s", said.text)
        else:
            tell(said)
        return None

    def _bury(self) -> Outcome:
        assert self.task is not None
        self.process.join(PATIENCE)
        self.is_alive = False
        clear_leftovers(self.task.folder.parent)
        return Outcome(
            self.task.source, "failed", error=_obituary(self.task.source, self.process.exitcode)
        )

    def dismiss(self) -> None:
        """End the process, politely at first."""
        with suppress(OSError):
            self.pipe.send(None)
        if self.task is not None:
            self.process.terminate()
        self.process.join(PATIENCE)
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _find_ready(hands: Sequence[_Hand]) -> list[_Hand]:
    ready = connection.wait([hand.pipe for hand in hands])
    return [hand for hand in hands if hand.pipe in ready]


def _obituary(source: Path, code: int | None) -> WorkError:
    if code is not None and code < 0:
        how = f"was ended by {signal.Signals(-code).name}"
    else:
        how = f"ended with exit status {code}"
    return WorkError(
        f"{source}: the process that worked on it {how}",
        hint="SIGKILL mostly means that memory was short: take fewer --jobs."
        if code == -signal.SIGKILL
        else "Split it alone to see more.",
    )


def serve(pipe: Connection, kit: Kit) -> None:
    """What runs in a process: do tasks until there are none, or until the parent is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    threading.Thread(target=_follow_parent, daemon=True).start()
    torch.set_num_threads(kit.threads)
    cv2.setNumThreads(kit.threads)
    _send_log(pipe)
    equipment = Equipment(kit.network.open(), kit.weights, kit.make_detector())

    def work(task: Task) -> Outcome:
        info = check_source(task.source)
        teller = Teller(pipe.send, task.source, info.duration)
        result = split(task.source, task.output, equipment, kit.options, teller, task.name)
        return Outcome(task.source, "done", result)

    with suppress(KeyboardInterrupt, EOFError, ConnectionError):
        while (task := pipe.recv()) is not None:
            pipe.send(attempt(work, task))


def _follow_parent() -> None:
    """End this process, with all cleaning up, once the one that started it is gone."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _send_log(pipe: Connection) -> None:
    class Sender(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            pipe.send(Said(record.levelno, record.getMessage()))

    logger = logging.getLogger("avsep")
    logger.addHandler(Sender())
    logger.setLevel(logging.DEBUG)
