"""The process that does the page's jobs: networks stay loaded, and so do the last faces."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from avsep.batch.processes import live_with_parent
from avsep.errors import AvsepError
from avsep.faces.portraits import to_jpeg
from avsep.media.stretches import plan_cut
from avsep.options import Options
from avsep.outputs.opening import open_recording
from avsep.pipeline import Separator, SeparatorConfig
from avsep.progress import Progress
from avsep.refusals import explain

T = TypeVar("T")

PAUSE = 0.2  # seconds between two messages about one stage


@dataclass(frozen=True, slots=True)
class Order:
    """A job as the worker gets it.

    Attributes:
        source: The recording.
        output: Where the result's folder goes.
        options: What is wanted.
        looks_only: Whether people are looked for, and nothing is made.
    """

    source: Path
    output: Path
    options: Options
    looks_only: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a job is.

    Attributes:
        what: What is done.
        done: Items.
        total: Of about so many; 0 where nobody knows.
        seconds: Since the stage began.
    """

    what: str
    done: int
    total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """Who is visible: a description for each, and their portraits as JPEG."""

    people: tuple[Mapping[str, Any], ...]
    portraits: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The folder of a result."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Failed:
    """What stopped a job, and what helps."""

    error: str
    hint: str


Said = Stage | Found | Finished | Failed


def serve(pipe: Connection, config: SeparatorConfig) -> None:
    """What runs in the process: do orders until there are none, or the parent is gone."""
    live_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    separator: Separator | None = None
    with suppress(EOFError, ConnectionError):
        while (order := pipe.recv()) is not None:
            try:
                if separator is None:
                    separator = Separator.of(config)
                    separator.remembers = True  # who is named now is split next
                pipe.send(obey(order, separator, pipe.send))
            except Exception as error:
                known = error if isinstance(error, AvsepError) else explain(error)
                if known is None:
                    raise
                pipe.send(Failed(str(known), known.hint))


def obey(order: Order, separator: Separator, tell: Callable[[Stage], None]) -> Found | Finished:
    """Do what is ordered.

    Args:
        order: A job.
        separator: What does it.
        tell: Hears how far it is.
    """
    progress = Teller(tell)
    if order.looks_only:
        return look(order, separator, progress)
    return Finished(separator.split(order.source, order.output, order.options, progress).folder)


def look(order: Order, separator: Separator, progress: Progress) -> Found:
    """Who would get a voice: the same people, by the same numbers, as in a split."""
    options = order.options
    recording = open_recording(order.source, options)
    recording = separator.choose_picture(recording, options.video_stream)
    with tempfile.TemporaryDirectory(prefix="avsep-") as folder:
        looked = plan_cut(recording, options).looked
        people = separator.look_for_people(recording, Path(folder), progress, looked)
        return Found(
            tuple(
                {"number": p.number, "name": p.name, "visible": round(p.seconds, 1)}
                for p in people.persons
            ),
            tuple(to_jpeg(p.portrait) for p in people.persons),
        )


class Teller:
    """A progress hook that tells of each stage a few times a second."""

    def __init__(self, tell: Callable[[Stage], None]) -> None:
        self.tell = tell

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """Pass items through and tell."""
        began = told = time.monotonic()
        self.tell(Stage(what, 0, total, 0.0))
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - told > PAUSE:
                told = now
                self.tell(Stage(what, done, total, now - began))
