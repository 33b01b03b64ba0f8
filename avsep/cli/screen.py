"""What a person sees: results on stdout, all else on stderr; with `board` the user of rich."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from avsep.cli.board import LINE_EVERY, Board
from avsep.cli.stdio import takes_everything
from avsep.errors import AvsepError
from avsep.text import clock, make_plain

T = TypeVar("T")

_log = logging.getLogger(__name__)
WIDE = 10_000  # columns: results that go to a file or a program are never wrapped
COLOURS = {"error": "bold red", "warning": "yellow", "hint": "cyan", "debug": "dim"}
LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.DEBUG}


class _Remarks(Console):
    """Standard error: whoever does not listen misses it, and nothing else changes."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class _Left(ProgressColumn):
    """How long a stage goes on or, once it is over, how long it took."""

    def render(self, task: Task) -> Text:
        if task.finished:
            return Text(f"took {clock(task.finished_time or 0, tenths=False)}", "dim")
        left = task.time_remaining
        return Text("" if left is None else f"{clock(left, tenths=False)} left")


class Screen(logging.Handler):
    """Both streams of a command, and the handler of the library's log while it runs.

    Warnings are shown and bars drawn unless `set_verbosity` says otherwise.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.quiet = False
        width = None if sys.stdout.isatty() else WIDE
        self._out = Console(highlight=False, markup=False, emoji=False, width=width)
        self._err = _Remarks(stderr=True, highlight=False, markup=False, emoji=False)
        self._bar: Progress | None = None
        self._aside: Callable[[], AbstractContextManager[None]] = nullcontext

    def __enter__(self) -> Screen:
        """Begin to show the library's log."""
        logging.getLogger("avsep").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the log."""
        self.stop_bar()
        logger = logging.getLogger("avsep")
        logger.removeHandler(self)
        logger.setLevel(logging.NOTSET)

    def set_verbosity(self, verbosity: int) -> None:
        """Show the log in full (1), warnings of it (0), or nothing but errors (-1)."""
        self.quiet = verbosity < 0
        self.setLevel(LEVELS[verbosity])
        logging.getLogger("avsep").setLevel(LEVELS[verbosity])

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line of the log."""
        self._say(record.levelname.lower(), record.getMessage())

    def show_error(self, error: AvsepError) -> None:
        """Say what failed and what helps."""
        self.stop_bar()
        self._say("error", error.message)
        if error.hint:
            self._say("hint", error.hint)

    def note(self, text: str) -> None:
        """Tell something that is no result, unless the user wants it quiet."""
        if not self.quiet:
            self._say("", text)

    def tell(self, text: str) -> None:
        """Tell what only those hear who ask for more."""
        _log.debug("%s", text)

    def show_json(self, content: object) -> None:
        """Give a program the result."""
        self.stop_bar()
        whole = takes_everything(self._out.encoding)
        text = json.dumps(content, indent=2, ensure_ascii=not whole)
        # What stands for bytes that are no text is written as JSON escapes it.
        self._out.print(text.encode(errors="backslashreplace").decode(), soft_wrap=True)

    def show_line(self, text: str) -> None:
        """Give a result of one line."""
        self.stop_bar()
        self._out.print(make_plain(text), soft_wrap=True)

    def show_table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Give a person the result: ruled on a terminal, bare columns elsewhere."""
        self.stop_bar()
        drawn = box.SIMPLE_HEAD if self._out.is_terminal else None
        table = Table(box=drawn, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
        for column in columns:
            if column.startswith("#"):
                table.add_column(column, justify="right", no_wrap=True)
            else:
                table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(make_plain(str(cell))) for cell in row))
        with self._out.capture() as drawing:
            self._out.print(table)
        for line in drawing.get().splitlines():
            self._out.out(line.rstrip(), highlight=False)

    def watch(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """The pipeline's progress hook: stages with the time left, or a line a minute in a log."""
        began = time.monotonic()
        if self.quiet:
            yield from items
        elif not self._err.is_terminal:
            yield from self._tell_often(items, what, total)
        else:
            yield from self._draw(items, what, total)
        _log.debug("%s took %.1f s", what, time.monotonic() - began)

    def _tell_often(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        began = told = time.monotonic()
        for number, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - told >= LINE_EVERY and number < total:
                told = now
                left = clock((now - began) / number * (total - number), tenths=False)
                self.note(f"{what} {number / total:.0%}, about {left} left")

    def _draw(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        if self._bar is None:
            columns = (
                SpinnerColumn(finished_text=" "),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                _Left(),
            )
            self._bar = Progress(*columns, console=self._err, transient=True)
            self._bar.start()
        stages = self._bar
        stage = stages.add_task(what, total=total or None)
        number = 0
        for number, item in enumerate(items, 1):
            yield item
            stages.update(stage, completed=number)
        stages.update(stage, completed=number, total=number)  # totals are estimates

    def show_state(self, text: str) -> bool:
        """Show what is under way now in place of what was shown before; whether that can be."""
        if self.quiet or not self._err.is_terminal:
            return self.quiet
        if self._bar is None:
            column = TextColumn("{task.description}", markup=False)
            self._bar = Progress(SpinnerColumn(), column, console=self._err, transient=True)
            self._bar.start()
            self._bar.add_task("")
        self._bar.update(self._bar.task_ids[0], description=make_plain(text))
        return True

    @contextmanager
    def show_board(self, total: int, sizes: Mapping[Path, int] | None = None) -> Iterator[Board]:
        """A table of so many recordings and how far each is, or lines where it can't be drawn.

        Args:
            total: How many there are.
            sizes: Bytes of each, from which the time for all is foretold.
        """
        self.stop_bar()
        live = self._err.is_terminal and not self.quiet
        board = Board(total, self.note, self._err if live else None, sizes)
        try:
            yield board
        finally:
            board.close()

    def follow(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """The hook for work of hours: tqdm's bar, or a line a minute where there is no terminal.

        Args:
            items: What is left to do.
            what: Its name.
            total: What there is in all, earlier runs included.
        """
        from tqdm import tqdm

        first = total - len(items) if isinstance(items, Sized) else 0
        if self.quiet:
            yield from items
        elif self._err.is_terminal:
            self._aside = lambda: tqdm.external_write_mode(file=self._err.file)
            yield from tqdm(items, what, total, file=self._err.file, initial=first, smoothing=0.05)
            self._aside = nullcontext
        else:
            yield from self._count(items, what, total, first)

    def _count(self, items: Iterable[T], what: str, total: int, first: int) -> Iterator[T]:
        from tqdm import tqdm

        began = told = time.monotonic()
        for number, item in enumerate(items, first + 1):
            yield item
            now = time.monotonic()
            if number == total or now - told >= LINE_EVERY:
                told = now
                meter = tqdm.format_meter(number, total, now - began, prefix=what, initial=first)
                self._say("", meter)

    def stop_bar(self) -> None:
        """Take a bar away that a failure has left standing."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, kind: str, text: str) -> None:
        label = f"{kind}: " if kind else ""
        with self._aside():
            shown = Text.assemble((label, COLOURS.get(kind, "")), make_plain(text))
            with suppress(OSError):
                self._err.print(shown, soft_wrap=True)
