"""What the queue and the process that does its jobs say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsep.options import Options


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
class Seen:
    """A face that has turned up, as JPEG."""

    portrait: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """Who is visible.

    Attributes:
        people: For each `number`, `name`, whether they are `wanted`, how long they are `visible`
            in seconds, and their `moments`: each one's `range` as a division takes it, and its
            `seconds`.
        portraits: As JPEG, by the person's number and the place among their moments.
    """

    people: tuple[Mapping[str, Any], ...]
    portraits: Mapping[tuple[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Finished:
    """The folder of a result."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Failed:
    """What stopped a job, and what helps."""

    error: str
    hint: str


Said = Stage | Seen | Found | Finished | Failed
