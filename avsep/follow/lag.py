"""By how much the sound of a recording is late, as far as has been seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from avsep.faces.people import Person
from avsep.media.sound import SoundReader
from avsep.model.network import SeparationNetwork
from avsep.separation.comparison import LOOKED_AT, WINDOW, Scores, compare
from avsep.separation.delay import Delay, judge

# Stretches that are compared before the lips are believed: the first two of the debate in
# `examples/` agreed best a frame away.
NEEDED = 4


class Lag:
    """Compares lips and sound stretch by stretch, of everybody until that is enough.

    Attributes:
        delay: How late the sound is, by all that was compared so far.
    """

    def __init__(self, network: SeparationNetwork, content: dict[str, Any]) -> None:
        """Begin, or go on with what `dump` gave."""
        self.delay = Delay()
        self._network = network
        self._scores: dict[int, list[Scores]] = {
            int(number): [np.array(window) for window in windows]
            for number, windows in content.get("compared", {}).items()
        }
        self._done = content.get("done", 0)  # frame up to which was compared
        self._judge()

    @property
    def start(self) -> int:
        """First frame of the next stretch."""
        return int(self._done)

    @property
    def stop(self) -> int:
        """The frame after its last."""
        return self.start + WINDOW

    def take(self, people: Iterable[Person], sound: SoundReader) -> list[int]:
        """Compare the next stretch; the numbers of those of whom another delay is believed now."""
        told = list(people) if self._network.config.cue_bands else []
        for person in told:
            windows = self._scores.setdefault(person.number, [])
            for clip in person.clips if len(windows) < LOOKED_AT else ():
                if clip.track.start <= self.start and clip.track.stop >= self.stop:
                    windows.append(compare(self._network, sound, clip, self.start))
        self._done = self.stop
        before = self.delay
        self._judge()
        return [n for n in self._scores if self.delay.of(n) != before.of(n)]

    def dump(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "frames": self.delay.frames,
            "own": {str(number): step.frames for number, (step,) in self.delay.own.items()},
            "compared": {
                str(number): [window.tolist() for window in windows]
                for number, windows in self._scores.items()
            },
            "done": self._done,
        }

    def _judge(self) -> None:
        if sum(map(len, self._scores.values())) >= NEEDED:
            self.delay = judge(self._scores)
