"""The sound of a recording as far as it has come, of which the last minute is kept."""

from __future__ import annotations

import threading

import numpy as np

from avsep.arrays import Floats, Sound
from avsep.media.downmix import choose_weights, mix_channels
from avsep.separation.activity import measure_loud
from avsep.separation.enhance import find_gain
from avsep.timeline import FRAME_RATE

KEPT = 60  # seconds
# After so many seconds it is decided again which channels are heard.
LISTENED = (2, 5, 15, 45)


class RecentSound:
    """Sound as `avsep.separation.enhance` reads it; another thread may append to it.

    Attributes:
        sample_rate: Hz.
        channels: Their number.
        samples: Of each channel so far.
        weights: Of the channels where all are heard as one, (channels,); None for their mean.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate, self.channels = sample_rate, channels
        self.samples = 0
        self.weights: Sound | None = None
        self._first = 0  # sample of the recording with which the kept ones begin
        self._kept = np.zeros((channels, 2 * KEPT * sample_rate), np.float32)
        self._lock = threading.Lock()
        self._powers: list[float] = []
        self._listened = 0

    @property
    def frames(self) -> int:
        """Whole frames' lengths that have come."""
        return self.samples * FRAME_RATE // self.sample_rate

    def append(self, block: Sound) -> None:
        """Take what comes next, (channels, samples)."""
        with self._lock:
            length, room = block.shape[1], self._kept.shape[1]
            held = self.samples - self._first
            if held + length > room:
                dropped = held - KEPT * self.sample_rate
                self._kept[:, : held - dropped] = self._kept[:, dropped:held].copy()
                self._first, held = self._first + dropped, held - dropped
            self._kept[:, held : held + length] = block
            self.samples += length

    def read(self, start: int, stop: int) -> Sound:
        """Samples ``start`` to ``stop``, (channels, stop - start), silence where there is none."""
        block = np.zeros((self.channels, stop - start), np.float32)
        with self._lock:
            first, last = max(start, self._first), min(stop, self.samples)
            if first < last:
                kept = self._kept[:, first - self._first : last - self._first]
                block[:, first - start : last - start] = kept
        return block

    def read_mono(self, start: int, stop: int) -> Sound:
        """The same as one channel, (stop - start,)."""
        return self.mix(self.read(start, stop))

    def mix(self, block: Sound) -> Sound:
        """Sum channels to one: (channels, samples) -> (samples,)."""
        return mix_channels(block, self.weights)

    def listen(self, frame: int) -> None:
        """Measure the sound up to a frame, from where it was measured before.

        Which channels are heard is decided anew a few times, as more is known.
        """
        per_frame = self.sample_rate // FRAME_RATE
        due = [seconds for seconds in LISTENED if self._listened < seconds * FRAME_RATE <= frame]
        if due:
            self.weights = choose_weights(Beginning(self, frame * per_frame))
        first = len(self._powers)
        if first < frame:
            mono = self.read_mono(first * per_frame, frame * per_frame)
            self._powers += np.square(mono.reshape(-1, per_frame)).mean(1).tolist()
        self._listened = frame

    def measure_gain(self) -> float:
        """What `avsep.separation.enhance.measure_gain` finds in what was listened to."""
        power = np.array(self._powers, np.float32)
        return find_gain(power) if len(power) else 1.0

    def find_loud(self) -> float:
        """Power of the loud parts of what was listened to."""
        return measure_loud(np.array(self._powers, np.float32))

    def get_powers(self, start: int, stop: int) -> Floats:
        """Power in each frame of a stretch that was listened to."""
        return np.array(self._powers[start:stop], np.float32)


class Beginning:
    """A sound up to a sample, whatever has come since; what has not come is silence."""

    def __init__(self, sound: RecentSound, samples: int) -> None:
        self.sample_rate, self.channels = sound.sample_rate, sound.channels
        self.samples, self.weights = samples, sound.weights
        self.read, self.read_mono = sound.read, sound.read_mono
