from __future__ import annotations

import csv
import json
from pathlib import Path

from avsep.batch.run import Outcome
from avsep.batch.summary import describe, write_summary
from avsep.errors import MediaError
from avsep.result import Result, Voice


def test_a_failure_is_described_with_its_hint():
    error = MediaError("a.mp4 is empty", hint="Copy it again.")
    told = describe(Outcome(Path("a.mp4"), "failed", error=error))
    assert (told["state"], told["error"], told["hint"]) == (
        "failed",
        "a.mp4 is empty",
        "Copy it again.",
    )
    assert told["speakers"] == told["files"] == []


def test_a_result_is_described_so_that_json_can_hold_it():
    voice = Voice(1, "Anna", 2.5, Path("out/a/Anna.wav"))
    result = Result(Path("out/a"), (voice,), (voice.path,), ("too small",))
    told = describe(Outcome(Path("a.mp4"), "done", result))
    assert json.loads(json.dumps(told))["speakers"] == [
        {"number": 1, "name": "Anna", "seen": 2.5, "path": "out/a/Anna.wav"}
    ]


def test_a_summary_lists_everything_in_order_of_names(tmp_path):
    voice = Voice(1, "Anna", 2.5, Path("out/b/Anna.wav"))
    doubts = ("The face is small.", "A face has no voice.")
    result = Result(Path("out/b"), (voice,), (voice.path,), ("too small",), 0.12, doubts)
    error = MediaError('a "very"\nodd.mp4 is empty', hint="Copy it again.")
    outcomes = [
        Outcome(Path("b.mp4"), "done", result, seconds=12.34),
        Outcome(Path('a "very"\nodd.mp4'), "failed", error=error),
    ]
    write_summary(outcomes, tmp_path / "new")
    told = json.loads((tmp_path / "new" / "summary.json").read_text())
    assert [(entry["state"], entry["seconds"]) for entry in told] == [
        ("failed", 0),
        ("done", 12.3),
    ]
    with (tmp_path / "new" / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["input"] for row in rows] == ['a "very"\nodd.mp4', "b.mp4"]
    assert (rows[0]["error"], rows[1]["speakers"]) == (error.message, "1")
    assert (rows[1]["left_out"], rows[1]["delay"]) == ("1", "0.12")
    assert rows[1]["warnings"] == " ".join(doubts)
    assert told[1]["warnings"] == list(doubts)


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path):
    write_summary([Outcome(Path("=1+2.mp4"), "done"), Outcome(Path("a=b.mp4"), "done")], tmp_path)
    with (tmp_path / "summary.csv").open(newline="") as file:
        assert [row["input"] for row in csv.DictReader(file)] == ["'=1+2.mp4", "a=b.mp4"]
    told = json.loads((tmp_path / "summary.json").read_text())
    assert [entry["input"] for entry in told] == ["=1+2.mp4", "a=b.mp4"]


def test_a_name_that_is_no_unicode_can_be_summed_up(tmp_path):
    write_summary([Outcome(Path("\udcff.mp4"), "done")], tmp_path)
    assert b"\xff.mp4" in (tmp_path / "summary.csv").read_bytes()
