"""The progress hook: long stages pass their items through it, so that somebody can show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

T = TypeVar("T")
TELL_EVERY = 0.5  # seconds


class Watch(Protocol):
    """Passes items through, of which there will be about ``total``."""

    def __call__(self, items: Iterable[T], what: str, total: int, /) -> Iterable[T]:
        """Show how far the stage called ``what`` is."""


def watch_silently(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """The hook that shows nothing."""
    del what, total
    return items


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work on one recording is.

    Attributes:
        source: The recording.
        stage: What is being done.
        done: Items of this stage that are done.
        total: About how many there will be.
        seconds: Length of the recording.
    """

    source: Path
    stage: str
    done: int
    total: int
    seconds: float


Tell: TypeAlias = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Teller:
    """A progress hook that tells somebody elsewhere, now and then.

    Attributes:
        tell: Who is told.
        source: What is worked on.
        seconds: Its length.
    """

    tell: Tell
    source: Path
    seconds: float

    def __call__(self, items: Iterable[T], what: str, total: int, /) -> Iterator[T]:
        """Pass items through."""
        told = -TELL_EVERY
        for number, item in enumerate(items):
            if time.monotonic() - told >= TELL_EVERY:
                told = time.monotonic()
                self.tell(Step(self.source, what, number, total, self.seconds))
            yield item
