"""Where decoded samples belong in time: holes stay holes, and what comes later stays in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

JUMP = 0.001  # seconds from one frame to the next that are no rounding of time stamps
DRIFT = 0.02  # seconds by which a clock may run away before it is set right
AGREED = 1.0  # seconds whose frames must all agree on a change: one odd stamp moves nothing
Stamps = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """Samples that follow each other without a hole.

    Attributes:
        source: First sample, as decoded.
        position: First sample, as placed in time.
        samples: How many there are.
    """

    source: int
    position: int
    samples: int

    @property
    def stop(self) -> int:
        """Where it ends in time."""
        return self.position + self.samples


def place_samples(stamps: Stamps, counts: Stamps, sample_rate: int) -> list[Run]:
    """Put the samples of decoded frames where their time stamps say, as unbroken as may be.

    A hole becomes silence, and an overlap is cut from what comes later, if the frames of the next
    second agree. Stamps that are only unsteady, like those of packets timed at their arrival,
    change nothing.

    >>> place_samples(np.array([0, 100, 260]), np.array([100, 100, 100]), 1000)
    [Run(source=0, position=0, samples=200), Run(source=200, position=260, samples=100)]

    Args:
        stamps: Time of each frame's first sample, in samples after time 0, (frames,).
        counts: Samples in each frame, (frames,).
        sample_rate: Samples per second.

    Returns:
        Runs in order, none before time 0, none within another.
    """
    ends = np.cumsum(counts)
    starts = ends - counts
    changes = list(_find_changes(stamps - starts, starts, sample_rate))
    stops = [*(int(starts[frame]) for frame, _ in changes[1:]), int(ends[-1]) if len(ends) else 0]
    runs: list[Run] = []
    for (frame, shift), stop in zip(changes, stops, strict=bool(changes)):
        source = int(starts[frame])
        free = runs[-1].stop if runs else 0
        hidden = max(0, free - (source + shift))
        if source + hidden < stop:
            runs.append(Run(source + hidden, source + shift + hidden, stop - source - hidden))
    return runs


def _find_changes(shifts: Stamps, starts: Stamps, sample_rate: int) -> Iterator[tuple[int, int]]:
    """From which frame on samples are shifted, and by how many, against their number."""
    jump, drift = JUMP * sample_rate, DRIFT * sample_rate
    offsets: list[int] = shifts.tolist()
    if not offsets:
        return
    shift = before = offsets[0]
    settled = True
    yield 0, shift
    for frame, own in enumerate(offsets):
        away = own - shift
        settled = abs(away) < jump or (settled and abs(own - before) < jump)
        before = own
        if abs(away) < (drift if settled else jump):
            continue
        after = np.searchsorted(starts, starts[frame] + AGREED * sample_rate)
        following = shifts[frame : max(int(after), frame + 1)] - shift
        step = int(following.min()) if away > 0 else int(following.max())
        if abs(step) >= jump and (step > 0) == (away > 0):
            shift += step
            yield frame, shift
