"""Several recordings at work: a live table on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from avsep.batch.messages import Step
from avsep.cli.outlook import Outlook
from avsep.text import clock, make_plain

LINE_EVERY = 60.0  # seconds between lines of progress where there is no terminal
NAME_WIDTH = 40
HEADINGS = ("recording", "stage", "", "", "speed", "left")


@dataclass(slots=True)
class Progression:
    """One recording's present stage.

    Attributes:
        step: The last that was heard.
        first: How much was done when the stage was first heard of.
        began: When that was, as `time.monotonic` counts.
        told: When a line was last written.
    """

    step: Step
    first: int
    began: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Share of the stage that is done in a second."""
        elapsed = time.monotonic() - self.began
        return (self.step.done - self.first) / max(1, self.step.total) / max(elapsed, 1e-3)

    @property
    def speed(self) -> str:
        """How much faster than the recording plays."""
        return f"{self.rate * self.step.seconds:.1f} x" if self.rate else ""

    @property
    def left(self) -> str:
        """Time to the end of the stage."""
        share = 1 - self.step.done / max(1, self.step.total)
        return clock(max(0.0, share) / self.rate, tenths=False) if self.rate else ""


class Board:
    """Shows how far recordings are.

    Args:
        total: How many there are.
        write: Writes a line.
        console: The terminal; None where there is none.
        sizes: Bytes of each recording, from which the time for all is foretold.
    """

    def __init__(
        self,
        total: int,
        write: Callable[[str], None],
        console: Console | None = None,
        sizes: Mapping[Path, int] | None = None,
    ) -> None:
        self._total = total
        self._write = write
        self._console = console
        self._active: dict[Path, Progression] = {}
        self._rows: dict[Path, TaskID] = {}
        self._table: _TableOfStages | None = None
        self._finished = 0
        self._outlook = Outlook(sizes or {})
        self._told = time.monotonic()

    def tell(self, step: Step) -> None:
        """Hear how far the work on a recording is."""
        known = self._active.get(step.source)
        if known is None or known.step.stage != step.stage:
            known = self._active[step.source] = Progression(step, step.done)
        known.step = step
        self._outlook.hear(step)
        if self._console is not None:
            self._draw(self._console, known)
        elif time.monotonic() - known.told >= LINE_EVERY:
            known.told = time.monotonic()
            share = step.done / max(1, step.total)
            told = [f"{step.source}: {step.stage} {share:.0%}", known.speed]
            told.append(f"{known.left} left" if known.left else "")
            self._write(", ".join(filter(None, told)))
        if self._console is None and time.monotonic() - self._told >= LINE_EVERY:
            self._told = time.monotonic()
            self._write(f"all: {self._count()}{self._foretell(', about {} left')}")

    def finish(self, source: Path) -> None:
        """A recording needs no work any more."""
        self._finished += 1
        self._outlook.finish(source)
        self._active.pop(source, None)
        row = self._rows.pop(source, None)
        if self._table is not None:
            if row is not None:
                self._table.remove_task(row)
            self._table.update(
                TaskID(0), completed=self._finished, stage=self._count(), left=self._foretell()
            )

    def close(self) -> None:
        """Take the table away."""
        if self._table is not None:
            self._table.stop()
            self._table = None

    def _draw(self, console: Console, known: Progression) -> None:
        if self._table is None:
            self._table = _TableOfStages(*_columns(), console=console, transient=True)
            self._table.add_task(
                "all",
                total=self._total,
                completed=self._finished,
                stage=self._count(),
                speed="",
                left="",
            )
            self._table.start()
        step = known.step
        if step.source not in self._rows:
            name = make_plain(str(step.source))
            short = name if len(name) <= NAME_WIDTH else f"...{name[3 - NAME_WIDTH :]}"
            self._rows[step.source] = self._table.add_task(
                short, speed="", stage=step.stage, left=""
            )
        row = self._rows[step.source]
        if known.first == step.done:  # a new stage, whose time counts anew
            self._table.reset(row)
        total = step.total or None
        self._table.update(
            row,
            completed=step.done,
            total=total,
            stage=step.stage,
            speed=known.speed,
            left=known.left,
        )
        self._table.update(TaskID(0), left=self._foretell())

    def _foretell(self, said: str = "{}") -> str:
        """The time that is left for all, put into some words; nothing where nobody knows."""
        left = self._outlook.left
        return "" if left is None else said.format(clock(left, tenths=False))

    def _count(self) -> str:
        return f"{self._finished} of {self._total} done"


class _TableOfStages(Progress):
    """Rich's progress display with headings, and without a frame."""

    def make_tasks_table(self, tasks: object) -> Table:
        table = super().make_tasks_table(tasks)  # type: ignore[arg-type]
        table.show_header = True
        for column, heading in zip(table.columns, HEADINGS, strict=True):
            column.header = Text(heading, "dim")
        return table


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[stage]}", markup=False),
        BarColumn(20),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False),
    )
