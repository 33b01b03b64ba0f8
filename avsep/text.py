"""Numbers and names as people are told them."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Characters that move the cursor or worse, and those that stand for bytes that are no text.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

_TOLD = 3  # changes of a delay that are told one by one

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what begins one in a spreadsheet


def make_plain(text: str) -> str:
    """Text that no terminal takes for a command: names of files are not to be trusted."""
    return _UNPRINTABLE.sub("\ufffd", text)


def clock(seconds: float, *, tenths: bool = True) -> str:
    """A time in a recording as players show it.

    >>> clock(75.04), clock(3600), clock(75.6, tenths=False)
    ('1:15.0', '1:00:00.0', '1:16')
    """
    count, shown = (round(seconds * 10), ".{}") if tenths else (round(seconds) * 10, "")
    minutes, rest = divmod(count, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{rest // 10:02}{shown.format(rest % 10)}"


def tell_size(count: int) -> str:
    """A number of bytes.

    >>> tell_size(1_500_000), tell_size(2_340_000_000)
    ('1.5 MB', '2.3 GB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"  # noqa: PLR2004


def as_cell(value: object) -> object:
    """A name that spreadsheets would take for a formula as text.

    >>> as_cell("=1+1"), as_cell(-1)
    ("'=1+1", -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def tell_delay(steps: Sequence[tuple[float, float]], lips: str) -> str:
    """By how much the sound is late or early, as a clause.

    >>> tell_delay([(0, 0.24)], "the lips")
    'the sound is 0.24 s late against the lips'
    >>> tell_delay([(0, 0), (62, -0.2)], "the lips")
    'the sound is in step with the lips, and 0.20 s early from 1:02.0 on'

    Args:
        steps: From which second on it is late by how many seconds, in order.
        lips: Against whose.
    """
    (_, first), *changes = steps
    against = "with" if not first else "against"
    told = f"the sound is {_tell_lateness(first)} {against} {lips}"
    if len(changes) > _TOLD:
        told += f", changes {len(changes)} times"
        changes = changes[-1:]
    return told + "".join(
        f", and {_tell_lateness(late)} from {clock(start)} on" for start, late in changes
    )


def _tell_lateness(seconds: float) -> str:
    if not seconds:
        return "in step"
    return f"{abs(seconds):.2f} s {'late' if seconds > 0 else 'early'}"
