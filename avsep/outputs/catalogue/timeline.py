"""Timeline: the whole recording for editing programs, with voices on tracks and marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.names import name_product
from avsep.product import Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.outputs.timeline.layout import Layout
    from avsep.separation.recording import Separation

SUFFIXES = (".otio", ".xml", ".fcpxml", ".markers.edl", ".turns.csv")
# A recording of this name would have a timeline called like the edit lists of `--replay`.
REPLAY = "replay"


def make(separation: Separation, asked: bool, made: Made) -> list[Path]:
    """Write it in every format."""
    del asked, made
    from avsep.outputs.timeline.layout import lay_out

    layout = lay_out(separation)
    names = _name(separation.info)
    writers = zip(_list_writers(), names, strict=True)
    return [write(layout, separation.folder / name) for write, name in writers]


def _list_writers() -> list[Callable[[Layout, Path], Path]]:
    from avsep.outputs.timeline.fcpxml import write_fcpxml
    from avsep.outputs.timeline.interchange import write_interchange
    from avsep.outputs.timeline.lists import write_marker_list, write_table
    from avsep.outputs.timeline.xmeml import write_xmeml

    return [write_interchange, write_xmeml, write_fcpxml, write_marker_list, write_table]


def name_files(info: MediaInfo, voices: Sequence[str], asked: bool) -> list[str]:
    """`debate.otio` and so on."""
    del voices, asked
    return _name(info)


def _name(info: MediaInfo) -> list[str]:
    stem = info.path.stem
    own = ".timeline" if stem.casefold() == REPLAY else ""
    return [name_product(stem, f"{own}{suffix}") for suffix in SUFFIXES]


PRODUCT = Product(
    name="timeline",
    turn=16,
    parameters=(
        Parameter(
            name="timeline",
            default=False,
            help="Write the whole as a timeline for Resolve, Premiere and Final Cut, too.",
        ),
    ),
    make=make,
    name_files=name_files,
)
