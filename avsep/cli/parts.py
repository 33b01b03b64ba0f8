"""The options that choose parts of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from avsep.cli.checks import check_all_with, check_with
from avsep.ranges import join_range, read_length, read_moment, read_range, read_ranges

PANEL = "Parts of a recording"


def check_moment(text: str) -> str:
    """A time as avsep writes it, or nothing of nothing."""
    return read_moment(text) if text else ""


def read_ranges_of(start: str, stop: str, several: Sequence[str] | None) -> tuple[str, ...]:
    """The ranges that are asked for in either way.

    Args:
        start: Of a single one; empty for the beginning of the recording.
        stop: The same of its end.
        several: Ranges in one word each.

    Raises:
        BadParameter: Both ways are taken, or a range ends before it begins.
    """
    one = join_range(start, stop)
    if one and several:
        raise typer.BadParameter("--range stands for --from and --to: give one of both")
    if one:
        check_with(read_range)(one)
    return read_ranges([one] if one else several or [])


FromOption = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="TIME",
        callback=check_with(check_moment),
        help="Where to begin: seconds, a clock time like 12:30, or time code like 01:00:12:05.",
        rich_help_panel=PANEL,
    ),
]
ToOption = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="TIME",
        callback=check_with(check_moment),
        help="Where to end.",
        rich_help_panel=PANEL,
    ),
]
RangeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--range",
        metavar="FROM-TO",
        callback=check_all_with(read_ranges),
        help="The same in one word, like 12:30-14:05; may be given several times.",
        rich_help_panel=PANEL,
    ),
]
HandlesOption = Annotated[
    str,
    typer.Option(
        "--handles",
        metavar="LENGTH",
        callback=check_with(read_length),
        help="So much more at both sides of each range, like 2s.",
        rich_help_panel=PANEL,
    ),
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--preview",
        help="Only the 20 s in which most is said at once, with the page of --report.",
        rich_help_panel=PANEL,
    ),
]
WholeOption = Annotated[
    bool,
    typer.Option(
        "--whole",
        help="Files as long as the recording, silent outside the ranges.",
        rich_help_panel=PANEL,
    ),
]
