"""Ranges of a recording as people write them: "12:30-14:05", or with an editor's time code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from avsep.errors import SettingError

TIME_CODE = re.compile(r"(\d{1,2}):(\d\d):(\d\d)([:;])(\d\d)")
CLOCK = re.compile(r"(?:(?:(\d{1,9}):)?(\d{1,9}):)?(\d{1,9}(?:\.\d{1,9})?)\s*s?")
LENGTH = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|min|)")
UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "": 1.0}
FINEST = 6  # digits of a second, finer than any sample
SIXTY = 60
END = "end"
HINT = (
    "Write seconds (750.5), clock times (12:30, 1:02:03.5) or the recording's time code"
    " (01:00:12:05)."
)
RANGE_HINT = "As in 12:30-14:05, or 12:30-end. " + HINT


@dataclass(frozen=True, slots=True)
class Range:
    """A part of a recording, as it is written.

    Attributes:
        start: As `read_moment` gives it.
        stop: The same, or `END`.
    """

    start: str
    stop: str

    def __str__(self) -> str:
        """The one way in which avsep writes it."""
        return f"{self.start}-{self.stop}"

    @property
    def label(self) -> str:
        """The same as a part of a file's name.

        >>> read_range("12:30-3725.5").label
        '12m30s-1h02m05.5s'
        """
        return f"{_label(self.start)}-{_label(self.stop)}"


def read_range(text: str) -> Range:
    """A range from its beginning and end.

    >>> str(read_range("90 - 1:02:03.50")), str(read_range("0:10-"))
    ('1:30-1:02:03.5', '0:10-end')

    Raises:
        SettingError: It is none, or ends before it begins.
    """
    start, dash, stop = text.replace("\N{EN DASH}", "-").partition("-")
    if not dash:
        raise SettingError(f"{text.strip()!r} is no range of times", hint=RANGE_HINT)
    stop = stop.strip().lower()
    found = Range(
        read_moment(start) if start.strip() else "0:00",
        END if stop in ("", END) else read_moment(stop),
    )
    if is_clock(found.start) and is_clock(found.stop):
        check_order(str(found), to_seconds(found.start), to_seconds(found.stop))
    return found


def read_ranges(texts: Iterable[str]) -> tuple[str, ...]:
    """Ranges as avsep writes them, each once.

    Raises:
        SettingError: One is none.
    """
    if isinstance(texts, str):
        raise SettingError(f"ranges = {texts!r} is no list", hint='As in ["12:30-14:05"].')
    return tuple(dict.fromkeys(str(read_range(text)) for text in texts))


def choose_range(text: str, ranges: Sequence[str]) -> str:
    """The one of some ranges that is meant.

    Raises:
        SettingError: It is none of them.
    """
    if (found := str(read_range(text))) not in ranges:
        raise SettingError(f"part = {text!r} is none of the ranges", hint=", ".join(ranges))
    return found


def join_range(start: str, stop: str) -> str:
    """A range of which either end may be missing; nothing of nothing."""
    return f"{start}-{stop}" if start or stop else ""


def check_order(text: str, start: float, stop: float) -> None:
    """Refuse a range that holds nothing.

    Raises:
        SettingError: Its end isn't behind its beginning.
    """
    if not start < stop:
        raise SettingError(
            f"the range {text} ends before it begins", hint="The earlier time comes first."
        )


def read_moment(text: str) -> str:
    """A time in a recording, written as avsep writes it: by the clock, or as time code.

    >>> read_moment("750.50"), read_moment("1:2:3"), read_moment("1:00:12;05")
    ('12:30.5', '1:02:03', '01:00:12;05')

    Raises:
        SettingError: It is none.
    """
    word = text.strip()
    if code := TIME_CODE.fullmatch(word):
        return f"{int(code[1]):02}{word[len(code[1]) :]}"
    clock = CLOCK.fullmatch(word)
    if clock is None:
        raise SettingError(f"{word!r} is no time in a recording", hint=HINT)
    hours, minutes, seconds = clock.groups()
    too_many = (minutes and float(seconds) >= SIXTY) or (hours and int(minutes) >= SIXTY)
    if too_many:
        raise SettingError(f"{word!r} has more than 59 minutes or seconds", hint=HINT)
    total = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
    return _write_clock(total)


def is_clock(moment: str) -> bool:
    """Whether a moment tells the seconds by itself; time code needs the recording's own."""
    return CLOCK.fullmatch(moment) is not None


def to_seconds(moment: str) -> float:
    """Seconds of a clock time.

    >>> to_seconds("1:02:03.5")
    3723.5
    """
    *above, seconds = moment.split(":")
    total = 0
    for part in above:
        total = SIXTY * total + int(part)
    return SIXTY * total + float(seconds)


def read_length(text: str) -> float:
    """A length in seconds.

    >>> read_length("2s"), read_length("1.5"), read_length("500 ms")
    (2.0, 1.5, 0.5)

    Raises:
        SettingError: It is none.
    """
    found = LENGTH.fullmatch(text.strip().lower())
    if found is None:
        raise SettingError(f"{text.strip()!r} is no length of time", hint="As in 2s or 500ms.")
    return round(float(found[1]) * UNITS[found[2]], FINEST)


def check_handles(seconds: float) -> None:
    """Refuse what can't be added around a range.

    Raises:
        SettingError: It is no length.
    """
    if not 0 <= seconds < inf:
        raise SettingError(f"handles = {seconds!r} is no length of time", hint="In seconds.")


def _write_clock(total: float) -> str:
    minutes, seconds = divmod(round(total, FINEST), SIXTY)
    hours, minutes = divmod(int(minutes), SIXTY)
    tail = f"{seconds:0{3 + FINEST}.{FINEST}f}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"


def _label(moment: str) -> str:
    """Without colons, which some file systems refuse."""
    if moment == END or not is_clock(moment):
        return re.sub("[:;]", ".", moment)
    *above, seconds = moment.split(":")
    return "".join(
        f"{part}{unit}" for part, unit in zip(above, "hm"[-len(above) :], strict=True)
    ) + (f"{seconds}s")
