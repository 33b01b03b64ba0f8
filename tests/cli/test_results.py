"""What is said of results, beside the tables."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from avsep.batch.run import Outcome
from avsep.cli.results import report_batch, report_prepared
from avsep.result import Result
from avsep.training.preparation import Prepared

FACES = [
    {"seen": [[0, 1]], "kind": "too small", "reason": "too small: 9 pixels: tiny"},
    {"seen": [[2, 3]], "kind": "too small", "reason": "too small: 8 pixels"},
    {"seen": [[4, 5]], "reason": "as an older manifest says: so"},
]


def test_faces_left_out_are_counted_by_the_kind_of_their_reasons():
    notes: list[str] = []
    screen = SimpleNamespace(note=notes.append, show_table=lambda *_: None)
    board = SimpleNamespace(finish=lambda *_: None, close=lambda: None)
    result = Result(Path("out"), (), (), manifest={"left_out": FACES})
    outcomes = [Outcome(Path("a.mp4"), "skipped", result)]
    assert report_batch(screen, board, outcomes, 1, as_json=False)
    assert notes[1:] == [
        "left out: 2 faces, too small",
        "left out: 1 face, as an older manifest says: so",
    ]


def test_files_that_were_not_stored_are_counted_by_the_kind_of_their_problems():
    tables = []
    screen = SimpleNamespace(
        show_line=lambda _: None,
        tell=lambda _: None,
        show_table=lambda *table: tables.append(table),
    )
    reports = [
        Prepared(Path("a.mp4"), 50),
        Prepared.skip(Path("b: c.mp4"), "cannot be read", "b: c.mp4 cannot be read: no moov atom"),
        Prepared.skip(Path("d.mp4"), "cannot be read", "d.mp4 cannot be read: no data"),
        Prepared.skip(Path("e.wav"), "too short"),
    ]
    assert report_prepared(screen, reports, Path("set")) == 1
    assert tables == [(("#skipped", "reason"), [(2, "cannot be read"), (1, "too short")])]
