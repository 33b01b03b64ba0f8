"""The command that follows a recording while it is being written."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from avsep.choices import Detector, Precision
from avsep.cli.options import (
    DetectorOption,
    DeviceOption,
    ForceOption,
    ModelOption,
    PassesOption,
    PrecisionOption,
)
from avsep.cli.screen import Screen
from avsep.errors import TERMINATED
from avsep.text import clock

INTERRUPTED = 130
TOLD_EVERY = 60.0  # seconds between lines where there is no terminal
TOO_MUCH = 6.0  # seconds behind, of which the user hears


def follow(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="A file that grows, or - for a pipe.")
    ],
    *,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", "-o", help="Where it gets a folder of its own.")
    ] = Path("voices"),
    rest: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.5,
            help="The file has ended when nothing has come for so long, and no program of yours"
            " writes it.",
        ),
    ] = 10.0,
    model: ModelOption = "base",
    detector: DetectorOption = Detector.AUTO,
    device: DeviceOption = "auto",
    precision: PrecisionOption = Precision.AUTO,
    passes: PassesOption = None,
    force: ForceOption = False,
) -> None:
    """Write voices while a recording is still being written, a few seconds behind.

    It takes MPEG-TS, fragmented MP4 and Matroska, in a file that grows or through a pipe. What is
    heard and seen goes to standard output as lines of JSON. Ctrl+C ends it tidily. Started again
    on the same file it goes on where it ended, however that was; what has been written, and who is
    which number, stays. A pipe cannot be gone back in: each gets a folder of its own.
    """
    from avsep.follow.follow import Asked
    from avsep.follow.follow import follow as follow_recording
    from avsep.kit import Kit

    screen: Screen = context.obj
    kit = Kit(model, device, detector=detector, precision=precision, passes=passes)
    ending = Ending()
    try:
        asked = Asked(output_dir, rest, force=force)
        follow_recording(recording, kit, asked, ScreenTeller(screen), ending.take_over)
    finally:
        ending.give_back()
    if ending.status:
        raise typer.Exit(ending.status)


class ScreenTeller:
    """Shows on the screen how it goes on."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._shown = time.monotonic()
        self._is_late = False

    def tell(self, line: Mapping[str, Any]) -> None:
        """Give programs a line."""
        self._screen.show_line(json.dumps(line, ensure_ascii=True))

    def note(self, text: str) -> None:
        """Give a person a remark."""
        self._screen.note(text)

    def show(self, seconds: float, behind: float, people: int) -> None:
        """Say how far it is: all the time on a terminal, else now and then."""
        text = f"{clock(seconds)} written, {people} people, behind {behind:.1f} s"
        late = behind > TOO_MUCH
        if self._screen.show_state(text):
            return
        now = time.monotonic()
        if now - self._shown >= TOLD_EVERY or (late and not self._is_late):
            self._shown, self._is_late = now, late
            self._screen.note(text)


class Ending:
    """Makes the first Ctrl+C or SIGTERM a tidy end; the second one ends at once.

    Attributes:
        status: Exit status that the signal stands for, 0 without one.
    """

    def __init__(self) -> None:
        self.status = 0
        self._before: dict[int, Any] = {}

    def take_over(self, stop: Callable[[], None]) -> None:
        """Have signals stop something."""

        def end(number: int, frame: FrameType | None) -> None:
            del frame
            self.status = INTERRUPTED if number == signal.SIGINT else TERMINATED
            self.give_back()
            stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, end)

    def give_back(self) -> None:
        """Let signals be what they were."""
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)
