"""What processes and machines tell about their work."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

_log = logging.getLogger(__name__)

T = TypeVar("T")

TELL_EVERY = 0.5  # seconds


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


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the log of a process elsewhere.

    Attributes:
        level: As `logging` counts.
        text: What was said.
    """

    level: int
    text: str


Tell: TypeAlias = Callable[[Step], None]
Message: TypeAlias = Step | Said


def pass_on(message: Message, tell: Tell) -> None:
    """Give word from elsewhere to who shows it."""
    if isinstance(message, Said):
        _log.log(message.level, "%s", message.text)
    else:
        tell(message)


class LogSender(logging.Handler):
    """Sends the library's log elsewhere, while it is entered."""

    def __init__(self, send: Callable[[Said], object]) -> None:
        super().__init__()
        self._send = send
        self._usual = logging.NOTSET

    def __enter__(self) -> None:
        """Begin to send."""
        logger = logging.getLogger("avsep")
        self._usual = logger.level
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)

    def __exit__(self, *_: object) -> None:
        """Let go of the log, and leave its level as it was."""
        logger = logging.getLogger("avsep")
        logger.removeHandler(self)
        logger.setLevel(self._usual)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a line."""
        self._send(Said(record.levelno, record.getMessage()))


@dataclass(frozen=True, slots=True)
class Teller:
    """A progress hook that tells somebody elsewhere, now and then.

    Attributes:
        tell: Who is told.
        source: What is worked on.
        seconds: Its length.
    """

    tell: Callable[[Step], object]
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
