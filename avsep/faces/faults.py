"""Why nobody's lips can be read from a face that was followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avsep.faces.alignment import measure_typical_face
from avsep.faces.tracks import Trail
from avsep.timeline import FRAME_RATE

# All three are chosen by hand. The first two are what the user is told to look for where no
# face is found.
SMALLEST = 12.0  # pixels from the eyes to the mouth that a face must have for its lips
SHORTEST = FRAME_RATE // 2  # frames that somebody must be seen
UNLIKELY = 0.6  # mean score of the detector below which it is no face after all


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nobody's lips can be read from a trail.

    Attributes:
        kind: What faults of one kind have in common.
        detail: What is said of this one besides, or nothing.
    """

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        """Return both as one clause."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


def find_fault(trail: Trail) -> Fault | None:
    """Say why nobody's lips can be read from a trail; None if they can."""
    points = np.stack(trail.rows)[:, 4:].reshape(-1, 5, 2)
    distance = measure_typical_face(points)
    score = float(np.mean(trail.scores))
    if distance < SMALLEST:
        return Fault("too small", f"{distance:.0f} pixels from the eyes to the mouth")
    if len(points) < SHORTEST:
        return Fault("too short", f"seen for {len(points) / FRAME_RATE:.1f} s")
    if score < UNLIKELY:
        return Fault("hardly a face", f"the detector is sure to {score:.0%} only")
    return None
