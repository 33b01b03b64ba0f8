"""Turns and crosstalk as lists: marks for Resolve (EDL), and a table (CSV)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from avsep.outputs.timeline.layout import Layout, Mark
from avsep.text import as_cell, make_plain

COLUMNS = ("speaker", "start", "stop", "seconds", "start_timecode", "stop_timecode", "crosstalk")


def write_marker_list(layout: Layout, path: Path) -> Path:
    """Write marks as Resolve does and reads them again (Timelines, Import, Timeline Markers)."""
    kind = "DROP FRAME" if layout.counting.drops else "NON-DROP FRAME"
    lines = [f"TITLE: {_clean(layout.name)}", f"FCM: {kind}", ""]
    for number, mark in enumerate(_part(layout.turns, layout.crosstalk), 1):
        begin = layout.counting.first + mark.start
        start, stop = (layout.counting.write_code(frame) for frame in (begin, begin + 1))
        lines += [
            f"{number:03}  001      V     C        {start} {stop} {start} {stop}  ",
            f" |C:ResolveColor{mark.colour.resolve} |M:{_clean(mark.name)}"
            f" |D:{mark.stop - mark.start}",
            "",
        ]
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return path


def _part(turns: Iterable[Mark], crosstalk: Iterable[Mark]) -> Iterator[Mark]:
    """All marks in order of time; Resolve keeps one a frame, so others move on by a frame."""
    taken: set[int] = set()
    for mark in sorted([*turns, *crosstalk], key=lambda mark: mark.start):
        start = mark.start
        while start in taken:
            start += 1
        taken.add(start)
        yield replace(mark, start=start, stop=max(mark.stop, start + 1))


def _clean(text: str) -> str:
    """A name within a line whose parts are marked by bars."""
    return re.sub(r"[|\s]+", " ", make_plain(text)).strip()


def write_table(layout: Layout, path: Path) -> Path:
    """Write who speaks when, a row for each turn, with the seconds in which others speak too."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    counting = layout.counting
    for turn in layout.turns:
        others = (
            max(0, min(turn.stop, mark.stop) - max(turn.start, mark.start))
            for mark in layout.crosstalk
        )
        times = (turn.start, turn.stop, turn.stop - turn.start)
        start, stop, seconds = (f"{float(time / counting.rate):.3f}" for time in times)
        codes = (counting.write_code(counting.first + time) for time in times[:2])
        both = f"{float(sum(others) / counting.rate):.3f}"
        rows.writerow([as_cell(turn.name), start, stop, seconds, *codes, both])
    # Spreadsheets know by the mark in front that it is UTF-8.
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="\n")
    return path
