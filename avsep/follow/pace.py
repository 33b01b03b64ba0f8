"""How often faces are looked for, by whether the machine keeps up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from avsep.faces.schedule import SearchConfig
from avsep.timeline import FRAME_RATE

# The usual search, one that takes about half as long, and one that takes about a quarter. Of
# 12 frames without a face somebody is still followed.
PACES = (
    SearchConfig(),
    SearchConfig(6, 12, 3, 12, 4 * FRAME_RATE),
    SearchConfig(12, 12, 6, 24, 20 * FRAME_RATE),
)
LOOK = 2.0  # seconds from one look at the backlog to the next
TOO_MUCH, LITTLE = 1.0, 0.3  # seconds of the recording that wait
# What comes at more than this many times real time, or not at all any more, is caught up with in
# any case, and may wait.
LIVE = 1.5
SURE = 2  # looks in a row at which more and more waits
CALM = 10  # looks with little waiting, after which faces are looked for more often again


@dataclass(slots=True)
class Pace:
    """Chooses a search by the part of the recording that has come and waits.

    Attributes:
        level: Of `PACES`.
    """

    clock: Callable[[], float] = time.monotonic
    level: int = 0
    _looked: float = float("-inf")
    _arrived: int = 0
    _waiting: float = 0.0
    _calm: int = 0
    _slow: int = 0

    def choose(self, arrived: int, rate: float, waiting: float) -> SearchConfig | None:
        """The search from now on; None where it stays as it is.

        Args:
            arrived: Bytes of the recording that have come.
            rate: About how many of them one second takes.
            waiting: How many seconds have not been looked at.
        """
        now = self.clock()
        lapse, grown = now - self._looked, (arrived - self._arrived) / max(rate, 1.0)
        if lapse < LOOK:
            return None
        live = 0 < grown <= LIVE * lapse
        worse = live and waiting > TOO_MUCH and waiting >= self._waiting
        self._slow = self._slow + 1 if worse else 0
        self._calm = self._calm + 1 if waiting < LITTLE else 0
        self._looked, self._arrived, self._waiting = now, arrived, waiting
        if self._slow >= SURE and self.level + 1 < len(PACES):
            return self._change(1)
        if self._calm >= CALM and self.level:
            return self._change(-1)
        return None

    def _change(self, step: int) -> SearchConfig:
        self.level += step
        self._calm = self._slow = 0
        return PACES[self.level]


def tell_change(second: float, *, less: bool) -> str:
    """From when on faces are looked for less or more often, for people to read."""
    often, machine = ("less", "too slow") if less else ("more", "fast enough again")
    return f"at {second:.0f} s faces are looked for {often} often: the machine is {machine}"
