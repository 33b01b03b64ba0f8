"""Labels: who speaks when, as Audacity and other editors of sound show it above a waveform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.names import name_product
from avsep.product import Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation

SUFFIX = ".labels.txt"


def write_labels(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """`debate.labels.txt`: start, stop and name of each stretch of speech, in order of time."""
    del asked, made
    from avsep.timeline import in_seconds

    turns = sorted(
        (*in_seconds(span), speaker.name)
        for speaker in separation.heard
        for span in speaker.speaking
    )
    lines = [f"{start:.6f}\t{stop:.6f}\t{name}\n" for start, stop, name in turns]
    path = separation.folder / name_product(separation.info.path.stem, SUFFIX)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return [path]


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`debate.labels.txt`."""
    del voices, asked
    return [name_product(info.path.stem, SUFFIX)]


PRODUCT = Product(
    name="labels",
    turn=15,
    parameters=(
        Parameter(
            name="labels",
            default=False,
            help="Write who speaks when as labels for Audacity, too.",
        ),
    ),
    make=write_labels,
    name_files=name_files,
)
