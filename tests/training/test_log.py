"""The journal of a run, which may be killed while it writes."""

from __future__ import annotations

from avsep.training.log import Journal


def test_a_line_that_was_torn_and_written_on_is_left_out(tmp_path):
    journal = Journal(tmp_path / "log.jsonl")
    journal.write("voices", 1, 2.0, {"loss": 1.5})
    with journal.path.open("a") as file:
        file.write('{"stage": "voices", "st')
    journal.write("voices", 3, 4.0, {"loss": 1.25})
    journal.write("voices", 5, 6.0, {"loss": 1.0})
    assert [line["loss"] for line in journal.read()] == [1.5, 1.0]
    journal.cut("voices", 1)
    assert [line["loss"] for line in journal.read()] == [1.5]
