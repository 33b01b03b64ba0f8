"""By how much the sound of a recording is late, as far as has been seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from avsep.faces.people import Person
from avsep.media.sound import SoundReader
from avsep.model.network import SeparationNetwork
from avsep.separation.delay import WINDOW, WINDOWS, Delay, compare, judge

# Stretches that are compared before the lips are believed: the first two of the debate in
# `examples/` agreed best a frame away.
NEEDED = 4


class Lag:
    """Compares lips and sound stretch by stretch, until that is enough for all that comes.

    Attributes:
        delay: How late the sound is, by all that was compared so far.
    """

    def __init__(self, network: SeparationNetwork, content: dict[str, Any]) -> None:
        """Begin, or go on with what `dump` gave."""
        self.delay = Delay()
        self._network = network
        self._scores = [np.array(scores) for scores in content.get("scores", [])]
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

    @property
    def is_sure(self) -> bool:
        """Whether nothing more need be compared."""
        return len(self._scores) >= WINDOWS or not self._network.config.cue_bands

    @torch.inference_mode()
    def take(self, people: Iterable[Person], sound: SoundReader) -> bool:
        """Compare the next stretch; whether another delay is believed in now."""
        for person in people:
            for clip in person.clips:
                if clip.track.start <= self.start and clip.track.stop >= self.stop:
                    self._scores.append(compare(self._network, sound, clip, self.start))
        self._done = self.stop
        before = self.delay.frames
        self._judge()
        return self.delay.frames != before

    def dump(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "frames": self.delay.frames,
            "score": self.delay.score,
            "margin": self.delay.margin,
            "scores": [scores.tolist() for scores in self._scores],
            "done": self._done,
        }

    def _judge(self) -> None:
        if len(self._scores) >= NEEDED:
            self.delay = judge(np.mean(self._scores, axis=0))
