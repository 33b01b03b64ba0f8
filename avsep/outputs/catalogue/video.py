"""Videos: for each speaker the recording's picture, copied, with their voice as sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.product import Extent, Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write them."""
    del asked, made
    from avsep.outputs.video import write_videos

    return write_videos(separation)


def measure(extent: Extent) -> float:
    """As many bytes as the recording, for each speaker."""
    return extent.people * extent.source


def measure_largest(extent: Extent) -> float:
    """The picture, and a voice that is at least halved by its coder."""
    return extent.source + extent.sound // 2


def list_encoders(info: MediaInfo) -> list[str]:
    """That of the voice, and that of a picture which can't be copied."""
    from avsep.outputs.video import choose_suffix, list_copy_encoders

    return list_copy_encoders(info, choose_suffix(info))


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`speaker-1.mp4` and so on; Matroska where the recording's container won't do."""
    del asked
    from avsep.outputs.video import ANYTHING, choose_suffix

    return [f"{voice}{suffix}" for voice in voices for suffix in {choose_suffix(info), ANYTHING}]


PRODUCT = Product(
    name="video",
    turn=30,
    parameters=(
        Parameter(
            name="video",
            default=False,
            help="Write a video for each speaker too, with the picture copied.",
        ),
    ),
    make=make,
    measure=measure,
    measure_largest=measure_largest,
    list_encoders=list_encoders,
    name_files=name_files,
)
