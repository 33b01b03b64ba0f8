"""Subtitles: what each speaker says, and a file in which all speak under their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.errors import SettingError, check_choice
from avsep.product import Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation

FORMATS = ("srt", "vtt")


@dataclass(frozen=True, slots=True)
class Subtitles:
    """How speech is written down.

    Attributes:
        formats: Suffixes of the files, "srt" or "vtt".
        recogniser: Size or folder of the recogniser's weights.
    """

    formats: tuple[str, ...]
    recogniser: str = "small"

    def __post_init__(self) -> None:
        """Refuse formats that can't be written."""
        check_choice("formats", self.formats, FORMATS)


def read_formats(text: str) -> str:
    """Formats as they are written, without blanks and in lower letters.

    Raises:
        SettingError: One of them can't be written.
    """
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in names:
        if name not in FORMATS:
            raise SettingError(f"{name!r} is neither srt nor vtt")
    return ",".join(names)


def read(subtitles: str, recogniser: str) -> Subtitles | None:
    """What the options ask for."""
    return Subtitles(tuple(subtitles.split(",")), recogniser) if subtitles else None


def require() -> None:
    """Refuse to begin without a recogniser."""
    from avsep.speech.whisper import check_recogniser

    check_recogniser()


def make(separation: Separation, asked: Subtitles, made: Made) -> list[Path]:
    """Write them."""
    del made
    from avsep.outputs.subtitles import write_subtitles

    return write_subtitles(separation, asked.formats)


def name_files(info: MediaInfo, voices: Sequence[str], asked: Subtitles) -> list[str]:
    """`speaker-1.srt` and so on, and `everybody.srt`."""
    del info
    from avsep.outputs.subtitles import EVERYBODY

    return [f"{name}.{kind}" for name in (*voices, EVERYBODY) for kind in asked.formats]


PRODUCT = Product(
    name="subtitles",
    turn=20,
    parameters=(
        Parameter(
            name="subtitles",
            default="",
            metavar="srt,vtt",
            read=read_formats,
            help="Write what each speaker says; needs avsep[subtitles].",
            panel="Subtitles",
        ),
        Parameter(
            name="recogniser",
            default=Subtitles(FORMATS).recogniser,
            metavar="SIZE|FOLDER",
            help="Whisper's weights for subtitles; a size is fetched at first use.",
            panel="Subtitles",
        ),
    ),
    kind=Subtitles,
    default=None,
    read=read,
    require=require,
    make=make,
    name_files=name_files,
)
