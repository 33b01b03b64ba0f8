"""Faces: where every face is in every frame, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.names import name_product
from avsep.product import Extent, Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation

LINE = 300  # bytes, about


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write it."""
    del asked, made
    from avsep.outputs.faces import write_faces

    return write_faces(separation)


def measure(extent: Extent) -> float:
    """A line for each face in each frame."""
    from avsep.timeline import FRAME_RATE  # brings numpy, for which help need not wait

    return extent.people * extent.seconds * FRAME_RATE * LINE


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`debate.faces.jsonl`."""
    del voices, asked
    from avsep.outputs.faces import SUFFIX

    return [name_product(info.path.stem, SUFFIX)]


PRODUCT = Product(
    name="faces",
    turn=17,
    parameters=(
        Parameter(
            name="faces",
            default=False,
            help="Write where each face is in each frame, as lines of JSON, too.",
        ),
    ),
    make=make,
    measure=measure,
    name_files=name_files,
)
