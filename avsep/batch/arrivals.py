"""Folders that fill: which recordings have arrived whole, and are new."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from avsep.batch.jobs import list_files
from avsep.files import tell_state

REST = 5.0  # seconds for which a file must not have changed
STAY = 2.0  # seconds between two looks
OPEN_FILES = Path("/proc")  # where Linux says who has which file open
WRITING = os.O_WRONLY | os.O_RDWR

State: TypeAlias = tuple[int, int]  # bytes, and when it was changed last, nanoseconds


@dataclass(slots=True)
class Arrivals:
    """Remembers what it has seen of some folders.

    A copy under way grows, or at least its time stamp moves; some programs make a file as large
    as it will be at first, and keep it open. What has been at rest for some seconds, and is open
    for writing nowhere that this user may know of, has arrived. It is reported once, and again
    only after it has changed.

    Attributes:
        folders: Where recordings arrive, at any depth.
        rest: Seconds for which a file must not have changed.
        clock: Seconds that only go forward.
    """

    folders: Sequence[Path]
    rest: float = REST
    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[State, float]] = field(default_factory=dict)
    _reported: dict[Path, State] = field(default_factory=dict)

    def look(self) -> list[Path]:
        """Files that have arrived since the last look, by name."""
        now = self.clock()
        states = dict(_measure(path for folder in self.folders for path in list_files(folder)))
        self._seen = {
            path: self._seen[path] if self._seen.get(path, (None,))[0] == state else (state, now)
            for path, state in states.items()
        }
        rested = [
            path
            for path, (state, since) in self._seen.items()
            if now - since >= self.rest and self._reported.get(path) != state
        ]
        arrived = sorted(set(rested) - find_open(rested))
        self._reported |= {path: states[path] for path in arrived}
        return arrived


def _measure(paths: Iterable[Path]) -> Iterable[tuple[Path, State]]:
    for path in paths:
        with suppress(OSError):  # gone again
            yield path, tell_state(path)


def find_open(paths: Sequence[Path]) -> set[Path]:
    """Those that a program writes, as far as the system says so: of one's own on Linux."""
    if not paths:
        return set()
    wanted = {os.path.realpath(path): path for path in paths}
    found = set()
    for link in _list_open():
        with suppress(OSError, ValueError):  # somebody else's, or closed meanwhile
            path = wanted.get(str(link.readlink()))
            if path is not None and _read_flags(link) & WRITING:
                found.add(path)
    return found


def _list_open() -> Iterator[Path]:
    """What every program has open; programs may end meanwhile."""
    for program in OPEN_FILES.glob("[0-9]*"):
        with suppress(OSError):
            yield from (program / "fd").iterdir()


def _read_flags(link: Path) -> int:
    """With which flags a file was opened, as `open(2)` knows them."""
    lines = (link.parents[1] / "fdinfo" / link.name).read_text("ascii").splitlines()
    return next(int(line.split()[1], 8) for line in lines if line.startswith("flags:"))
