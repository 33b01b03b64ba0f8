"""Diarization: beside the RTTM file one with one speaker at a time, and a UEM file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.names import name_product
from avsep.product import Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write them."""
    del asked, made
    from avsep.outputs.rttm import write_diarization

    return write_diarization(separation)


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`debate.exclusive.rttm` and `debate.uem`."""
    del voices, asked
    from avsep.outputs.rttm import EXCLUSIVE, SCORED

    return [name_product(info.path.stem, suffix) for suffix in (EXCLUSIVE, SCORED)]


PRODUCT = Product(
    name="diarization",
    turn=18,
    parameters=(
        Parameter(
            name="diarization",
            default=False,
            help="Write who speaks when with one speaker at a time, and a UEM file, too.",
        ),
    ),
    make=make,
    name_files=name_files,
)
