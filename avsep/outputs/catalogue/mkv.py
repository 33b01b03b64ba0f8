"""One Matroska file with the recording's pictures and sounds, all voices, and the subtitles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.names import name_product
from avsep.product import Extent, Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write it, with the subtitles that were made before."""
    del asked
    from avsep.outputs.mkv import write_mkv

    return write_mkv(separation, made.get("subtitles", ()))


def measure(extent: Extent) -> float:
    """The recording, and beside its own sound all voices and the rest."""
    return extent.source + (extent.people + 1) * extent.sound


def measure_largest(extent: Extent) -> float:
    """The same, its sounds at least halved by their coder."""
    return extent.source + (extent.people + 1) * extent.sound // 2


def list_encoders(info: MediaInfo) -> list[str]:
    """That of the voices, and that of a picture which can't be copied."""
    from avsep.outputs.video import list_copy_encoders

    return list_copy_encoders(info, ".mkv")


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`debate.voices.mkv`."""
    del voices, asked
    from avsep.outputs.mkv import SUFFIX

    return [name_product(info.path.stem, SUFFIX)]


PRODUCT = Product(
    name="mkv",
    turn=40,
    parameters=(
        Parameter(
            name="mkv",
            default=False,
            help="Write one Matroska file too: picture, sound, and all voices.",
        ),
    ),
    make=make,
    measure=measure,
    measure_largest=measure_largest,
    list_encoders=list_encoders,
    name_files=name_files,
)
