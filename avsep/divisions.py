"""Two people who were taken for one, told apart by when the other one is seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from avsep.errors import SettingError
from avsep.ranges import read_range

HINT = "As in 2=12:30-14:05, or 2=0:10-0:20,12:30-end: when somebody else is seen as speaker 2."


@dataclass(frozen=True, slots=True)
class Division:
    """Somebody else than it seemed.

    Attributes:
        number: Of the person as whom they are seen.
        ranges: When, as `avsep.ranges.read_range` takes them.
    """

    number: int
    ranges: tuple[str, ...]

    def __str__(self) -> str:
        """The way in which it is written."""
        return f"{self.number}={','.join(self.ranges)}"


def read_division(text: str) -> Division:
    """A division as people write it.

    >>> str(read_division("2 = 90-2:00, 12:30-"))
    '2=1:30-2:00,12:30-end'

    Raises:
        SettingError: It is none.
    """
    number, equals, times = (part.strip() for part in text.partition("="))
    if not equals or not re.fullmatch(r"[0-9]{1,6}", number) or not int(number):
        raise SettingError(f"{text.strip()!r} divides no speaker", hint=HINT)
    ranges = tuple(dict.fromkeys(str(read_range(part)) for part in times.split(",")))
    return Division(int(number), ranges)


def read_divisions(texts: Iterable[str]) -> tuple[str, ...]:
    """Divisions as avsep writes them, in their order: each may divide whom one before has made.

    Raises:
        SettingError: One is none.
    """
    if isinstance(texts, str):
        raise SettingError(f"divide = {texts!r} is no list", hint='As in ["2=12:30-14:05"].')
    return tuple(str(read_division(text)) for text in texts)
