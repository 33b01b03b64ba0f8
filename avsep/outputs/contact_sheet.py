"""Who is visible in a recording: as a list, and as a picture with everybody's face."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from avsep.arrays import Image
from avsep.device import choose_device, count_detector_threads
from avsep.errors import MediaError, OutputError, SettingError
from avsep.faces.crops import MOUTH_SIZE
from avsep.faces.detectors import load_detector
from avsep.faces.embedding import load_embedder
from avsep.faces.people import LipClip, People, Person
from avsep.faces.picture_choice import choose_picture
from avsep.faces.portraits import PORTRAIT_SIZE
from avsep.faces.scan import look_for_people
from avsep.files import replacing
from avsep.media.probing import probe
from avsep.names import name_speaker
from avsep.outputs.folder import writing_to
from avsep.progress import Watch, watch_silently
from avsep.timeline import FRAME_RATE, Seconds, Span, in_seconds

_log = logging.getLogger(__name__)

SUFFIXES = (".png", ".jpg", ".jpeg")


COLUMNS = 5


EDGE = 16  # pixels round each face


LINE = 24  # pixels from one line of text to the next


CELL = PORTRAIT_SIZE + 2 * EDGE, PORTRAIT_SIZE + 2 * EDGE + 3 * LINE  # width, height


PAPER, INK, FAINT, ACCENT = (250, 250, 248), (30, 30, 30), (215, 215, 212), (200, 80, 40)


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """One visible person.

    Attributes:
        number: As people are counted everywhere.
        name: What their files are called.
        spans: Pictures from which and up to which they are seen, in order.
        portrait: A good look at them, shape (160, 160, 3), RGB.
    """

    number: int
    name: str
    spans: tuple[Span, ...]
    portrait: Image

    @property
    def seconds(self) -> float:
        """How long they are visible in all."""
        return sum(stop - start for start, stop in self.spans) / FRAME_RATE

    @property
    def times(self) -> list[Seconds]:
        """The spans in seconds."""
        return [in_seconds(span) for span in self.spans]


def look(
    source: Path,
    detector: str = "auto",
    device: str = "auto",
    watch: Watch = watch_silently,
    *,
    video_stream: str | None = None,
) -> tuple[list[Appearance], People]:
    """Search a recording for people; the files of their clips aren't kept.

    Args:
        source: The recording; it needs no sound.
        detector: One of `avsep.faces.detectors.DETECTORS`.
        device: As `avsep.device.choose_device` knows it.
        watch: Progress hook.
        video_stream: Number or language of the pictures, if not those with the most faces.

    Returns:
        Everybody once, by their numbers, and all that was seen.

    Raises:
        MediaError: It can't be read, or has no pictures.
        FaceError: Nobody is found.
    """
    info = probe(source)
    if not info.has_video:
        raise MediaError(f"{source} has no pictures", hint="Choose a video.")
    device = choose_device(device)
    detect = load_detector(detector, device, count_detector_threads())
    embed = load_embedder(device)
    info = choose_picture(info, detect, video_stream)
    for remark in info.selection.remarks:
        _log.warning("%s: %s", source, remark)
    with (
        writing_to(Path(tempfile.gettempdir()), "Name another folder in TMPDIR."),
        tempfile.TemporaryDirectory(prefix="avsep-") as folder,
    ):
        people = look_for_people(info, detect, embed, MOUTH_SIZE, Path(folder), watch)
        return list_appearances(people), people


def list_appearances(people: People) -> list[Appearance]:
    """Everybody once, by their numbers."""
    numbers = sorted({clip.track.person for clip in people.clips})
    return [
        _join(number, [clip for clip in people.clips if clip.track.person == number])
        for number in numbers
    ]


def draw_sheet(appearances: Sequence[Appearance], pictures: int) -> Image:
    """Everybody's face with number, name, and when they are visible.

    Args:
        appearances: Whom to draw.
        pictures: Length of the recording.
    """
    columns = min(COLUMNS, len(appearances))
    cells = [_draw_cell(appearance, pictures) for appearance in appearances]
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


def _join(number: int, clips: Sequence[LipClip]) -> Appearance:
    person = Person(number, tuple(clips))
    return Appearance(number, name_speaker(number), person.spans, person.portrait)


def _paper(width: int, height: int) -> Image:
    return np.full((height, width, 3), PAPER, np.uint8)


def _draw_cell(person: Appearance, pictures: int) -> Image:
    """The face, two lines of text, and a line of time that is thick where the face is seen."""
    width, height = CELL
    cell = _paper(width, height)
    cell[EDGE : EDGE + PORTRAIT_SIZE, EDGE : EDGE + PORTRAIT_SIZE] = person.portrait
    below = EDGE + PORTRAIT_SIZE
    _write(cell, f"{person.number}  {person.name}", below + LINE)
    _write(cell, f"{person.seconds:.1f} s visible", below + 2 * LINE - 4)
    scale = PORTRAIT_SIZE / max(pictures, 1)
    top = below + 2 * LINE + 8
    cell[top + 3 : top + 5, EDGE : EDGE + PORTRAIT_SIZE] = FAINT
    for start, stop in person.spans:
        left = int(start * scale)
        cell[top : top + 8, EDGE + left : EDGE + max(left + 1, round(stop * scale))] = ACCENT
    return cell


def _write(cell: Image, text: str, baseline: int) -> None:
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    cv2.putText(cell, text, (EDGE, baseline), font, size, INK, 1, cv2.LINE_AA)
