"""The bytes of a recording that is still arriving, from a growing file or a pipe."""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from avsep.batch.arrivals import find_open
from avsep.errors import MediaError

AT_ONCE = 2**16  # bytes
STAY = 0.1  # seconds between two looks at a file that does not grow
ASKED_AGAIN = 1.0  # seconds until the system is asked once more who writes it
HELD = 2**28  # bytes of a pipe that are held in memory until somebody takes them


class Feed(Protocol):
    """Where a recording arrives.

    Attributes:
        taken: Bytes that were given away.
        fault: Why it ended before its end; None if it didn't.
    """

    taken: int
    fault: MediaError | None

    @property
    def arrived(self) -> int:
        """Bytes that have come so far."""

    def read(self) -> bytes:
        """The next bytes, waiting for them; none once the recording has ended."""

    def stop(self) -> None:
        """End here, as if the recording did."""

    def close(self) -> None:
        """Let go of it."""


class GrowingFile:
    """A file that another program writes.

    It has ended when for some seconds nothing has come, and, as far as the system tells, no
    program has it open for writing any more.
    """

    def __init__(
        self, path: Path, rest: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin at its beginning.

        Args:
            path: The file.
            rest: Seconds without anything new after which it is at rest.
            clock: Seconds that only go forward.
        """
        self.taken = 0
        self.fault: MediaError | None = None
        self._path, self._rest, self._clock = path, rest, clock
        self._file = path.open("rb", buffering=0)
        self._largest = 0  # bytes that it has had
        self._stopped = threading.Event()

    @property
    def arrived(self) -> int:
        """Bytes that have come so far."""
        return max(self.taken, os.fstat(self._file.fileno()).st_size)

    def read(self) -> bytes:
        """The next bytes, waiting for them; none once the recording has ended."""
        due = self._clock() + self._rest
        while not self._stopped.is_set():
            if self._has_shrunk():
                self._refuse("was begun anew by whoever records it")
                break
            if data := self._file.read(AT_ONCE):
                self.taken += len(data)
                return data
            if self._is_replaced():
                self._refuse("was replaced by another file")
                break
            if self._clock() >= due:
                if not find_open([self._path]):
                    break
                due = self._clock() + ASKED_AGAIN
            self._stopped.wait(STAY)
        return b""

    def _has_shrunk(self) -> bool:
        size = os.fstat(self._file.fileno()).st_size
        self._largest = max(self._largest, size)
        return size < self._largest

    def _is_replaced(self) -> bool:
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False  # moved away, or out of sight

    def _refuse(self, what: str) -> None:
        self.fault = MediaError(
            f"{self._path} {what}",
            hint="What had come before is finished. Follow it into another --output-dir.",
        )

    def stop(self) -> None:
        """End here, as if the recording did."""
        self._stopped.set()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Pipe:
    """What another program writes into a pipe, which is never made to wait for long."""

    def __init__(self, pipe: int) -> None:
        """Begin to read the file of that number."""
        self.taken = self.arrived = 0
        self.fault: MediaError | None = None
        self._pipe = pipe
        self._held: deque[bytes] = deque()
        self._change = threading.Condition()
        self._over = False
        threading.Thread(target=self._fill, daemon=True).start()

    def peek(self) -> bytes:
        """All that has come and was not taken."""
        with self._change:
            return b"".join(self._held)

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self._over

    def read(self) -> bytes:
        """The next bytes, waiting for them; none once the pipe is closed."""
        with self._change:
            self._change.wait_for(lambda: self._held or self._over)
            data = self._held.popleft() if self._held else b""
            self.taken += len(data)
            self._change.notify_all()
        return data

    def stop(self) -> None:
        """End here, as if the recording did."""
        with self._change:
            self._over = True
            self._held.clear()
            self._change.notify_all()

    def close(self) -> None:
        """Read it no longer."""
        self.stop()

    def _fill(self) -> None:
        while not self._over:
            if not select.select([self._pipe], [], [], STAY)[0]:
                continue
            data = os.read(self._pipe, AT_ONCE)
            with self._change:
                self._change.wait_for(lambda: self.arrived - self.taken < HELD or self._over)
                self._held.extend([data] if data else [])
                self.arrived += len(data)
                self._over = self._over or not data
                self._change.notify_all()
