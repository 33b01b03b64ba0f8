"""Who speaks when, in the forms in which diarisation programs exchange it (RTTM, UEM)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from avsep.names import name_product, tell_apart
from avsep.outputs.exclusive import part_speech
from avsep.separation.recording import Separation
from avsep.timeline import FRAME_RATE, Seconds, Span

TURNS, EXCLUSIVE, SCORED = ".rttm", ".exclusive.rttm", ".uem"


def write_rttm(separation: Separation) -> list[Path]:
    """All turns."""
    speaking = [speaker.speaking for speaker in separation.heard]
    return [_write(separation, TURNS, _list_turns(separation, speaking))]


def write_diarization(separation: Separation) -> list[Path]:
    """The turns with one speaker at a time; and from when to when was listened."""
    alone = _list_turns(separation, part_speech(separation))
    stem = _word(separation.info.path.stem)
    scored = [f"{stem} 1 {start:.3f} {stop:.3f}\n" for start, stop in _find_heard(separation)]
    return [_write(separation, EXCLUSIVE, alone), _write(separation, SCORED, "".join(scored))]


def _find_heard(separation: Separation) -> Sequence[Seconds]:
    """Where speech was looked for: everywhere, or in the ranges of files that hold more."""
    if separation.stretches and separation.info.selection.stretch is None:
        return separation.stretches
    return [(0.0, separation.people.frames / FRAME_RATE)]


def _list_turns(separation: Separation, speaking: Sequence[Sequence[Span]]) -> str:
    # "Ann B" and "Ann_B" are one word.
    names = tell_apart(_word(speaker.name) for speaker in separation.heard)
    turns = [
        (start, stop, name)
        for name, spans in zip(names, speaking, strict=True)
        for start, stop in spans
    ]
    return describe_turns(separation.info.path.stem, turns)


def describe_turns(recording: str, turns: Iterable[tuple[int, int, str]]) -> str:
    """One line for each stretch of speech, in order of time, named like the recording.

    Args:
        recording: What it is called.
        turns: From which frame, up to which frame, and who speaks.
    """
    lines = [
        f"SPEAKER {_word(recording)} 1 {start / FRAME_RATE:.2f} {(stop - start) / FRAME_RATE:.2f}"
        f" <NA> <NA> {_word(name)} <NA> <NA>\n"
        for start, stop, name in sorted(turns)
    ]
    return "".join(lines)


def _write(separation: Separation, suffix: str, text: str) -> Path:
    path = separation.folder / name_product(separation.info.path.stem, suffix)
    path.write_text(text, encoding="utf-8")
    return path


def _word(name: str) -> str:
    """A name as one field: blanks part the fields."""
    return re.sub(r"\s", "_", name)
