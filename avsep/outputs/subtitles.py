"""Subtitles: a file for each speaker, and one in which all speak under their names."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pysubs2

from avsep.separation.recording import Separation
from avsep.speech.captions import Caption

EVERYBODY = "everybody"  # the file of all
COLUMNS = 42  # letters in a line
# What the library takes for commands.
COMMANDS = str.maketrans({"\\": "/", "{": "(", "}": ")"})
# SubRip has tags, but no way to write what looks like one: single angle quotation marks do.
TAGS = str.maketrans({"<": "\u2039", ">": "\u203a"})


def write_subtitles(separation: Separation, formats: Sequence[str]) -> list[Path]:
    """`speaker-1.srt` for each speaker, and `everybody.srt`, in each format."""
    speakers = separation.speakers
    named = [
        replace(caption, text=f"{speaker.name}: {caption.text}")
        for speaker in speakers
        for caption in speaker.captions
    ]
    files = {speaker.voice.name: speaker.captions for speaker in speakers}
    files[EVERYBODY] = tuple(sorted(named, key=lambda caption: (caption.start, caption.stop)))
    targets = []
    for name, captions in files.items():
        for kind in formats:
            target = separation.folder / f"{name}.{kind}"
            target.write_text(compose(captions, kind), encoding="utf-8")
            targets.append(target)
    return targets


def compose(captions: Iterable[Caption], kind: str) -> str:
    """Captions as the text of a file, in the format of that suffix."""
    document = pysubs2.SSAFile()
    for caption in captions:
        start, stop = (round(1000 * seconds) for seconds in (caption.start, caption.stop))
        lines = textwrap.wrap(caption.text, COLUMNS) or [""]
        text = r"\N".join(escape(line, kind) for line in lines)
        document.append(pysubs2.SSAEvent(start=start, end=max(stop, start + 1), text=text))
    written: str = document.to_string(kind)
    return written


def escape(text: str, kind: str) -> str:
    """Text in which nothing is taken for a command.

    >>> escape("<b> & {x}", "vtt")
    '&lt;b&gt; &amp; (x)'
    """
    plain = text.translate(COMMANDS)
    return html.escape(plain, quote=False) if kind == "vtt" else plain.translate(TAGS)
