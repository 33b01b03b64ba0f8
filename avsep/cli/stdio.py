"""Standard input, output and error, whatever the caller has made of them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from avsep.errors import OutputError

NAMES = ("stdin", "stdout", "stderr")


class _Results(io.TextIOWrapper):
    """Standard output, whose refusals (a closed pipe, a full disk) are expected failures."""

    def write(self, text: str) -> int:
        with self._refusing():
            return super().write(text)

    def flush(self) -> None:
        with self._refusing():
            super().flush()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Or the end of the process would try once more.
            with suppress(OSError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self.fileno())
                os.close(null)
            raise OutputError(
                f"standard output can't be written to ({error.strerror})",
                hint="What was done is done; it is only not told.",
            ) from error


def prepare_streams() -> None:
    """Have three streams that take any text.

    A stream that was closed (``>&-``) becomes the null device: else the next file that is opened
    would get its number, and what a library prints would land in it. Letters that an encoding
    lacks (``LC_ALL=C``) are written as escapes.
    """
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one, since those below are open by now.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        before = sys.stdout
        encoding, buffered = before.encoding, before.line_buffering
        sys.stdout = _Results(
            before.detach(), encoding, "backslashreplace", line_buffering=buffered
        )
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def takes_everything(encoding: str) -> bool:
    """Whether an encoding has all letters."""
    return encoding.lower().replace("-", "").startswith("utf")
