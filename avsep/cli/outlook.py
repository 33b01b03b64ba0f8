"""How long many recordings will take yet, from how fast they have been done so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from avsep.batch.messages import Step

FIRST_STAGE = "looking for faces"
USUAL_SHARE = 0.5  # of a recording's time that its first stage takes, until one has shown it
EARLIEST = 5.0  # seconds before which nothing is foretold


class Outlook:
    """Hears how far recordings are, and says how much time is left for all.

    Long recordings are large files: of one archive, bytes say well enough how much work there is.

    Args:
        sizes: Bytes of each recording.
    """

    def __init__(self, sizes: Mapping[Path, int]) -> None:
        self._waiting: dict[Path, int] = dict(sizes)
        self._steps: dict[Path, Step] = {}
        self._times: dict[Path, list[float]] = {}  # when each began, and its second stage
        self._shares: list[float] = []  # of finished recordings
        self._done = 0
        self._began: float | None = None

    def hear(self, step: Step) -> None:
        """Hear how far a recording is."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        times = self._times.setdefault(step.source, [now])
        if len(times) == 1 and step.stage != FIRST_STAGE:
            times.append(now)
        self._steps[step.source] = step

    def finish(self, source: Path) -> None:
        """A recording needs no work any more; what was never begun says nothing of the pace."""
        size = self._waiting.pop(source, 0)
        if self._steps.pop(source, None) is None:
            return
        self._done += size
        began, *later = self._times.pop(source)
        if later and (whole := time.monotonic() - began) > 0:
            self._shares.append((later[0] - began) / whole)

    @property
    def left(self) -> float | None:
        """Seconds until all is done; None as long as that cannot be said."""
        begun = sum(self._waiting.get(source, 0) * self._judge(source) for source in self._steps)
        done = self._done + begun
        elapsed = 0.0 if self._began is None else time.monotonic() - self._began
        if elapsed < EARLIEST or not done:
            return None
        return elapsed * (sum(self._waiting.values()) - begun) / done

    def _judge(self, source: Path) -> float:
        """Which share of the work on a recording is done."""
        step = self._steps[source]
        first = sum(self._shares) / len(self._shares) if self._shares else USUAL_SHARE
        share = min(1.0, step.done / max(1, step.total))
        return first * share if step.stage == FIRST_STAGE else first + (1 - first) * share
