"""Who speaks when, in the form in which diarisation programs exchange it (RTTM)."""

from __future__ import annotations

import re
from pathlib import Path

from avsep.names import name_product
from avsep.separation.recording import Separation
from avsep.timeline import FRAME_RATE


def write_rttm(separation: Separation) -> list[Path]:
    """One line for each stretch of speech, in order of time, named like the recording."""
    stem = separation.info.path.stem
    turns = sorted(
        (start, stop, speaker.name)
        for speaker in separation.speakers
        for start, stop in speaker.speaking
    )
    lines = [
        f"SPEAKER {_word(stem)} 1 {start / FRAME_RATE:.2f} {(stop - start) / FRAME_RATE:.2f}"
        f" <NA> <NA> {_word(name)} <NA> <NA>\n"
        for start, stop, name in turns
    ]
    path = separation.folder / name_product(stem, ".rttm")
    path.write_text("".join(lines), encoding="utf-8")
    return [path]


def _word(name: str) -> str:
    """A name as one field: blanks part the fields."""
    return re.sub(r"\s", "_", name)
