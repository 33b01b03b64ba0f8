"""RTTM: who speaks when, for diarisation programs; always made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.names import name_product
from avsep.product import Made, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write it."""
    del asked, made
    from avsep.outputs.rttm import write_rttm

    return write_rttm(separation)


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`debate.rttm`."""
    del voices, asked
    from avsep.outputs.rttm import TURNS

    return [name_product(info.path.stem, TURNS)]


PRODUCT = Product(name="rttm", turn=10, make=make, name_files=name_files)
