from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from avsep.batch.run import Outcome
from avsep.batch.summary import check_summary, describe, write_summary
from avsep.errors import MediaError, OutputError
from avsep.result import read_result

MANIFEST = {
    "speakers": [
        {"number": 1, "name": "Anna", "visible": 2.5, "seen": [[0, 2.5]], "file": "Anna.wav"}
    ],
    "delay": 0.12,
    "left_out": [{"seen": [[1, 2]], "reason": "too small"}],
    "warnings": ["The face is small.", "A face has no voice."],
    "files": [{"file": "Anna.wav", "bytes": 8, "sha256": "c0"}],
}


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
    told = describe(Outcome(Path("a.mp4"), "done", read_result(Path("out/a"), MANIFEST)))
    assert json.loads(json.dumps(told)) == {
        "input": "a.mp4",
        "state": "done",
        "output": "out/a",
        **MANIFEST,
        "missing": [],
        "seconds": 0.0,
        "error": None,
        "hint": None,
    }


def test_a_summary_lists_everything_in_order_of_names(tmp_path):
    result = read_result(Path("out/b"), MANIFEST)
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
    assert rows[1]["warnings"] == "The face is small. A face has no voice."
    assert told[1]["warnings"] == MANIFEST["warnings"]


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path):
    write_summary([Outcome(Path("=1+2.mp4"), "done"), Outcome(Path("a=b.mp4"), "done")], tmp_path)
    with (tmp_path / "summary.csv").open(newline="") as file:
        assert [row["input"] for row in csv.DictReader(file)] == ["'=1+2.mp4", "a=b.mp4"]
    told = json.loads((tmp_path / "summary.json").read_text())
    assert [entry["input"] for entry in told] == ["=1+2.mp4", "a=b.mp4"]


def test_a_name_that_is_no_unicode_can_be_summed_up(tmp_path):
    write_summary([Outcome(Path("\udcff.mp4"), "done")], tmp_path)
    assert b"\xff.mp4" in (tmp_path / "summary.csv").read_bytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("summary.json", '{"sales": 3}'),
        ("summary.json", '[{"input": "a"}]'),
        ("summary.json", "half"),
        ("summary.csv", "month,sales\n1,3\n"),
        ("summary.csv", ""),
    ],
)
def test_a_summary_of_somebody_else_s_is_not_replaced(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(OutputError, match=rf"{name} was not written by avsep"):
        write_summary([Outcome(Path("a.mp4"), "done")], tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: content}


def test_an_earlier_summary_is_replaced(tmp_path):
    write_summary([], tmp_path)
    write_summary([Outcome(Path("a.mp4"), "done")], tmp_path)
    check_summary(tmp_path)
    assert len(json.loads((tmp_path / "summary.json").read_text())) == 1
