from __future__ import annotations

import io
import logging
import re

import pytest
from rich.console import Console

from avsep.cli.screen import Screen
from avsep.errors import MediaError


@pytest.fixture
def screen():
    with Screen() as screen:
        yield screen


@pytest.fixture
def terminal(screen, monkeypatch):
    """What a screen shows on a terminal's stderr."""
    shown = io.StringIO()
    monkeypatch.setattr(screen, "_err", Console(file=shown, force_terminal=True, width=100))
    return shown


def read_plain(terminal: io.StringIO) -> str:
    """What it shows, without colours and in single spaces."""
    return " ".join(re.sub(r"\x1b\[[?\d;]*\w", "", terminal.getvalue()).split())


def test_an_error_is_a_sentence_and_a_hint_on_stderr(screen, capsys):
    path = "a [bold]b[/] " + "long " * 40 + ".mp4"
    screen.show_error(MediaError(f"{path} is empty", hint="Copy it again."))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"error: {path} is empty\nhint: Copy it again.\n"


def test_an_error_without_a_hint_is_one_line(screen, capsys):
    screen.show_error(MediaError("it is empty"))
    assert capsys.readouterr().err == "error: it is empty\n"


def test_a_table_for_a_program_is_not_wrapped(screen, capsys):
    screen.show_table(("#", "file [x]"), [(1, "a" * 300), (12, "[b] c: 100 %")])
    out, err = capsys.readouterr()
    assert out == f" #  file [x]\n 1  {'a' * 300}\n12  [b] c: 100 %\n"
    assert err == ""


def test_names_of_files_give_the_terminal_no_orders(screen, capsys):
    screen.note("a\x1b[2Jb\x07.mp4")
    screen.show_table(("input",), [("c\x1b]0;x\x07d\ne",)])
    screen.show_line("d\udce9bat.mp4")
    screen.show_json("d\udce9bat\x1b")
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert err == "a\ufffd[2Jb\ufffd.mp4\n"
    assert out.splitlines()[1:] == [
        "c\ufffd]0;x\ufffdd\ufffde",
        "d\ufffdbat.mp4",
        '"d\\udce9bat\\u001b"',
    ]


def test_json_is_whole_and_keeps_letters(screen, capsys):
    screen.show_json([{"name": "Zoë [b]", "path": "x" * 200}])
    assert '"name": "Zoë [b]"' in capsys.readouterr().out


def test_without_a_terminal_there_is_no_bar(screen, capsys):
    assert list(screen.watch(range(3), "counting", 3)) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_with_the_time_left(screen, terminal):
    stage = iter(screen.watch(range(4), "counting [x]", 4))
    assert [next(stage) for _ in range(4)] == [0, 1, 2, 3]
    screen._bar.refresh()
    assert "counting [x]" in terminal.getvalue()
    assert re.search(r"75% 0:0\d left", read_plain(terminal))


def test_a_stage_that_is_over_stays_while_the_next_goes_on(screen, terminal):
    assert list(screen.watch(range(3), "looking", 5)) == [0, 1, 2]  # totals are guesses
    stage = iter(screen.watch(range(4), "separating", 4))
    next(stage)
    terminal.truncate(0)
    screen._bar.refresh()
    assert re.search(r"looking \S+ 100% took 0:0\d .*separating \S+ 0%", read_plain(terminal))


def test_results_take_the_stages_away(screen, terminal, capsys):
    list(screen.watch(range(3), "looking", 3))
    screen.show_table(("#",), [(1,)])
    assert screen._bar is None
    assert capsys.readouterr().out == "#\n1\n"


def test_without_a_terminal_a_stage_gets_a_line_now_and_then(screen, capsys, monkeypatch):
    clock = iter(range(0, 1000, 40))  # seconds: an item takes 40
    monkeypatch.setattr("avsep.cli.screen.time.monotonic", lambda: next(clock))
    assert list(screen.watch(range(5), "looking", 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err.splitlines() == [
        "looking 40%, about 2:00 left",
        "looking 80%, about 0:40 left",
    ]


def test_a_failure_in_the_middle_takes_the_bar_away(screen, terminal):
    stage = screen.watch(range(3), "counting", 3)
    next(stage)
    screen.show_error(MediaError("it is broken"))
    assert terminal.getvalue().rstrip().endswith("it is broken")


def test_quiet_draws_no_bar_even_on_a_terminal(screen, terminal):
    screen.set_verbosity(-1)
    assert list(screen.watch(range(3), "counting", 3)) == [0, 1, 2]
    assert list(screen.follow(range(3), "counting", 3)) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_long_work_gets_a_bar_that_goes_on_where_it_was(screen, terminal):
    assert list(screen.follow(range(7, 10), "training", 10)) == [7, 8, 9]
    assert "training:" in terminal.getvalue()
    assert "10/10" in terminal.getvalue()
    screen.note("and on")
    assert terminal.getvalue().endswith("and on\n")


def test_long_work_without_a_terminal_gets_lines(screen, capsys, monkeypatch):
    monkeypatch.setattr("avsep.cli.screen.LINE_EVERY", 0)
    assert list(screen.follow(range(7, 10), "training", 10)) == [7, 8, 9]
    lines = capsys.readouterr().err.splitlines()
    assert [f"{number}/10" in line for number, line in zip((8, 9, 10), lines, strict=True)]


@pytest.mark.parametrize(
    ("verbosity", "shown"), [(-1, ""), (0, "warning: b\n"), (1, "debug: a\nwarning: b\n")]
)
def test_the_librarys_log_is_shown_as_wanted(screen, capsys, verbosity, shown):
    screen.set_verbosity(verbosity)
    log = logging.getLogger("avsep.media.reading")
    log.debug("a")
    log.warning("b")
    assert capsys.readouterr().err == shown


def test_a_screen_that_is_left_shows_no_log(capsys):
    with Screen():
        pass
    assert not [h for h in logging.getLogger("avsep").handlers if isinstance(h, Screen)]
    assert capsys.readouterr().err == ""
