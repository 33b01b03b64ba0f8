"""The sounds of the page, in pieces that a browser decodes one after the other.

Browsers let a page from a file neither fetch the files beside it nor mix what their players play
of them, and a long sound that is decoded as a whole fills their memory. So every sound is cut
into pieces at the same places. They stand in the page or, of a long recording, in scripts beside
it, each with the pieces of some minutes: scripts are what such a page may load.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from avsep.arrays import Floats
from avsep.media.copies import SoundCopy, copy_sounds
from avsep.timeline import Seconds

PIECE = 10.0  # s
# Seconds that a piece holds before and after what is played of it: a coder needs some to begin.
MARGIN = 0.1
PIECES_OF_PART = 30  # in one script beside the page
# Pieces of all sounds by what is pressed to hear them, in base64.
SoundPiece: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class SoundTrack:
    """One sound of the page.

    Attributes:
        key: What is pressed to hear it.
        path: Its file.
        weights: Of its channels; None for all the same.
    """

    key: str
    path: Path
    weights: Floats | None = None


def count_pieces(seconds: float) -> int:
    """Into how many pieces sounds are cut.

    >>> count_pieces(20.0), count_pieces(20.1)
    (2, 3)
    """
    return max(1, math.ceil(seconds / PIECE))


def cut_sounds(tracks: Sequence[SoundTrack], seconds: float, folder: Path) -> Iterator[SoundPiece]:
    """Cut all sounds at the same places.

    Args:
        tracks: The sounds.
        seconds: How long the longest is.
        folder: Where the pieces may lie for a moment.
    """
    for number in range(count_pieces(seconds)):
        span = find_span(number)
        files = [folder / f"piece-{track.key}.ogg" for track in tracks]
        pairs = zip(tracks, files, strict=True)
        copy_sounds([SoundCopy(each.path, file, each.weights, span) for each, file in pairs])
        contents = [base64.b64encode(file.read_bytes()).decode() for file in files]
        yield dict(zip([track.key for track in tracks], contents, strict=True))


def find_span(number: int) -> Seconds:
    """From and up to where a piece reaches, its margins included.

    >>> find_span(0), find_span(2)
    ((0.0, 10.1), (19.9, 30.1))
    """
    return max(0.0, number * PIECE - MARGIN), (number + 1) * PIECE + MARGIN


def name_part(number: int) -> str:
    """What a script with pieces is called, counted from 0."""
    return f"report.sounds-{number + 1:02}.js"


def name_parts(seconds: float) -> list[str]:
    """What all scripts with the pieces of a recording are called."""
    return [name_part(number) for number in range(-(-count_pieces(seconds) // PIECES_OF_PART))]


def write_parts(pieces: Iterator[SoundPiece], folder: Path) -> list[Path]:
    """Write pieces into scripts that hand them to the page."""
    paths: list[Path] = []
    while some := list(islice(pieces, PIECES_OF_PART)):
        paths.append(folder / name_part(len(paths)))
        call = f"takePieces({len(paths) - 1}, {json.dumps(some)});\n"
        paths[-1].write_text(call, encoding="ascii")
    return paths
