"""Report: a page to see who speaks when, and to listen to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.product import Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation

RATE = 60_000  # bytes/s of the page's copies of picture and sounds


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write the page."""
    del asked, made
    from avsep.outputs.report.page import write_report

    return write_report(separation)


def list_encoders(info: MediaInfo) -> list[str]:
    """Those of the small copies in the page."""
    del info
    from avsep.media.copies import PAGE_CODEC
    from avsep.media.writing import PICTURE_CODEC

    return [PICTURE_CODEC, PAGE_CODEC]


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """The page, and what lies beside that of a long recording."""
    del voices, asked
    from avsep.outputs.report.sounds import name_parts

    return ["report.html", "report.mp4", *name_parts(info.duration)]


PRODUCT = Product(
    name="report",
    turn=60,
    parameters=(
        Parameter(
            name="report",
            default=False,
            help="Write a page to see who speaks when, and to listen to it.",
        ),
    ),
    make=make,
    measure=lambda extent: extent.seconds * RATE,
    list_encoders=list_encoders,
    name_files=name_files,
)
