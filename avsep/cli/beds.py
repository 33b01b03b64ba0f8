"""The options that say what goes into which file."""

from __future__ import annotations

from typing import Annotated

import typer

from avsep.beds import read_groups, read_keep, read_others
from avsep.cli.checks import check_all_with, check_with

PANEL = "What goes into which file"


OthersOption = Annotated[
    str,
    typer.Option(
        metavar="LEVEL|NAME=LEVEL",
        callback=check_with(read_others),
        help="So much of all else stays in each voice: -12dB, or 1=-12dB,ANNA=-20dB.",
        rich_help_panel=PANEL,
    ),
]
KeepOption = Annotated[
    str,
    typer.Option(
        metavar="NAME,NAME|1,3",
        callback=check_with(read_keep),
        help="Who has a file of their own; everybody else goes into the rest.",
        rich_help_panel=PANEL,
    ),
]
GroupOption = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="NAME=1,3",
        callback=check_all_with(read_groups),
        help="One file for the voices of several speakers; may be given several times.",
        rich_help_panel=PANEL,
    ),
]
