"""The time that is left for many recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from avsep.batch.messages import Step
from avsep.cli.board import Board
from avsep.cli.outlook import Outlook

ONE, TWO, THREE = (Path(f"{name}.mp4") for name in ("one", "two", "three"))
FACES, VOICES = "looking for faces", "separating voices"


@pytest.fixture
def clock(monkeypatch):
    """Set the time in seconds."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, 1000.0 + seconds)


def test_files_of_twice_the_size_take_twice_the_time(clock):
    outlook = Outlook({ONE: 100, TWO: 100, THREE: 200})
    outlook.hear(Step(ONE, FACES, 0, 10, 1.0))
    clock(60)
    outlook.finish(ONE)
    assert outlook.left == pytest.approx(180)


def test_what_is_begun_counts_by_its_share(clock):
    outlook = Outlook({ONE: 100, TWO: 100})
    outlook.hear(Step(ONE, FACES, 0, 10, 1.0))
    clock(30)
    outlook.hear(Step(ONE, VOICES, 0, 10, 1.0))
    assert outlook.left == pytest.approx(90)  # a quarter of all is done
    clock(120)
    outlook.finish(ONE)  # its faces were a quarter of its time
    outlook.hear(Step(TWO, FACES, 5, 10, 1.0))
    assert outlook.left == pytest.approx(120 * 0.875 / 1.125)


def test_recordings_that_were_done_before_do_not_make_it_look_fast(clock):
    outlook = Outlook({ONE: 100, TWO: 100, THREE: 100})
    outlook.finish(ONE)
    outlook.hear(Step(TWO, FACES, 0, 10, 1.0))
    clock(60)
    outlook.finish(TWO)
    assert outlook.left == pytest.approx(60)


def test_nothing_is_foretold_before_there_is_something_to_go_by(clock):
    outlook = Outlook({ONE: 100})
    assert outlook.left is None
    outlook.hear(Step(ONE, FACES, 0, 10, 1.0))
    clock(3)
    outlook.hear(Step(ONE, FACES, 1, 10, 1.0))
    assert outlook.left is None


def test_a_log_is_told_now_and_then_how_long_all_will_take(clock):
    lines = []
    board = Board(2, lines.append, sizes={ONE: 100, TWO: 100})
    board.tell(Step(ONE, FACES, 0, 10, 30.0))
    clock(61)
    board.finish(ONE)
    board.tell(Step(TWO, FACES, 0, 10, 30.0))
    assert lines == ["all: 1 of 2 done, about 1:01 left"]
