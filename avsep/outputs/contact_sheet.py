"""Who is visible in a recording: as a list, and as a picture with everybody's face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from avsep.arrays import Image
from avsep.errors import OutputError, SettingError
from avsep.faces.people import Person
from avsep.faces.portraits import PORTRAIT_SIZE
from avsep.files import replacing

SUFFIXES = (".png", ".jpg", ".jpeg")
COLUMNS = 5
EDGE = 16  # pixels round each face
LINE = 24  # pixels from one line of text to the next
CELL = PORTRAIT_SIZE + 2 * EDGE, PORTRAIT_SIZE + 2 * EDGE + 3 * LINE  # width, height
PAPER, INK, FAINT, ACCENT = (250, 250, 248), (30, 30, 30), (215, 215, 212), (200, 80, 40)


def draw_sheet(
    persons: Sequence[Person], frames: int, names: Mapping[int, str] | None = None
) -> Image:
    """Everybody's face with number, name, and when they are visible.

    Args:
        persons: Whom to draw.
        frames: Length of the recording.
        names: Of those who have been named, by number.
    """
    columns = min(COLUMNS, len(persons))
    known = names or {}
    cells = [_draw_cell(who, frames, known.get(who.number, who.name)) for who in persons]
    width, height = CELL
    while len(cells) % columns:
        cells.append(_paper(width, height))
    rows = [np.hstack(cells[first : first + columns]) for first in range(0, len(cells), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def check_sheet(path: Path, *, force: bool) -> None:
    """Refuse names of files that can't be written, before any work is done."""
    if path.suffix.lower() not in SUFFIXES:
        raise SettingError(
            f"{path} names no kind of picture", hint=f"End its name in {' or '.join(SUFFIXES)}."
        )
    if path.is_dir() or (path.exists() and not force):
        raise OutputError(f"{path} exists already", hint="Give --force, or another --sheet.")
    if not path.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent}", hint="Make it, or name another.")


def write_sheet(sheet: Image, path: Path, *, force: bool = True) -> None:
    """Write a picture as PNG or JPEG, whichever the name asks for; with force over another.

    Raises:
        OutputError: It can't be written, or the file has come into being meanwhile.
    """
    coded = cv2.imencode(path.suffix.lower(), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))[1]
    with replacing(path) as partial:
        partial.write_bytes(coded.tobytes())
        check_sheet(path, force=force)


def _paper(width: int, height: int) -> Image:
    return np.full((height, width, 3), PAPER, np.uint8)


def _draw_cell(person: Person, frames: int, name: str) -> Image:
    """The face, two lines of text, and a line of time that is thick where the face is seen."""
    width, height = CELL
    cell = _paper(width, height)
    cell[EDGE : EDGE + PORTRAIT_SIZE, EDGE : EDGE + PORTRAIT_SIZE] = person.portrait
    below = EDGE + PORTRAIT_SIZE
    _write(cell, f"{person.number}  {name if name.isascii() else person.name}", below + LINE)
    _write(cell, f"{person.seconds:.1f} s visible", below + 2 * LINE - 4)
    scale = PORTRAIT_SIZE / max(frames, 1)
    top = below + 2 * LINE + 8
    cell[top + 3 : top + 5, EDGE : EDGE + PORTRAIT_SIZE] = FAINT
    for start, stop in person.spans:
        left = int(start * scale)
        cell[top : top + 8, EDGE + left : EDGE + max(left + 1, round(stop * scale))] = ACCENT
    return cell


def _write(cell: Image, text: str, baseline: int) -> None:
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    cv2.putText(cell, text, (EDGE, baseline), font, size, INK, 1, cv2.LINE_AA)
