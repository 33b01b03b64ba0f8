"""When faces are looked for next, and how thoroughly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from avsep.arrays import Floats
from avsep.faces.alignment import measure_face
from avsep.faces.faults import SMALLEST
from avsep.faces.search import is_worth_it
from avsep.faces.tracks import Trail
from avsep.timeline import FRAME_RATE


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How often and how thoroughly faces are searched.

    All is chosen by hand, to save time. Over five debates of `tools/cuts.py` (3398 sights) a
    search of every frame finds the same sights, one of every fifth frame all but one; searches
    at full size every second find the same. Where people keep still, 12 frames between searches
    lose 40. Wide searches every 12 frames see whoever turns up within a shot 6 frames later.

    Attributes:
        interval: Frames from one search to the next while nobody moves fast.
        still_interval: The same while everybody keeps still.
        fast_interval: The same while somebody moves fast.
        wide_interval: Frames from one search of the whole frame to the next, from where a shot
            begins; in between it is looked where people were.
        thorough_interval: Frames from one search at full size to the next.
        fast: Face sizes per frame from which on somebody moves fast.
        still: Face sizes per frame up to which somebody keeps still.
        side: Longest side in pixels at which most searches take place.
    """

    interval: int = 3
    still_interval: int = 6
    fast_interval: int = 1
    wide_interval: int = 6
    thorough_interval: int = 2 * FRAME_RATE
    fast: float = 0.2
    still: float = 0.01
    side: int = 640


class Scope(Enum):
    """Where a frame is searched."""

    NEAR = auto()  # where people are expected
    WIDE = auto()  # everywhere in a reduced copy
    THOROUGH = auto()  # everywhere, at full size too


class SearchSchedule:
    """Says of every frame whether it is searched, and how.

    Attributes:
        searched: The frame searched last, -1 before the first.
        config: How far apart searches may be; it may change at any time.
    """

    def __init__(self, config: SearchConfig, gap: int) -> None:
        """Begin with a recording.

        Args:
            config: How far apart searches may be.
            gap: Frames after which somebody who is missed is given up.
        """
        self.searched = -1
        self.config, self._gap = config, gap
        self._last_thorough = -1
        self.restart(0)

    def restart(self, frame: int) -> None:
        """Begin a shot with that frame: it is searched thoroughly."""
        self._next = self._next_wide = self._next_thorough = frame

    def is_due(self, frame: int) -> bool:
        """Whether a frame is to be searched."""
        return frame >= self._next

    def begin(
        self, frame: int, trails: Sequence[Trail], shape: tuple[int, int], *, seen: bool = False
    ) -> Scope:
        """Say how to search a frame, and note that it is done.

        Args:
            frame: Its number.
            trails: Those who are being followed.
            shape: Height and width of the frame.
            seen: A reduced copy of it has been searched.
        """
        scope = self._choose_scope(frame, trails, shape, seen=seen)
        if scope is not Scope.NEAR:
            self._next_wide = frame + self.config.wide_interval
        if scope is Scope.THOROUGH:
            self._last_thorough = frame
            self._next_thorough = frame + self.config.thorough_interval
        return scope

    def finish(self, frame: int, trails: Sequence[Trail]) -> None:
        """Choose when to search next: at once when somebody moves fast or is missed.

        Args:
            frame: The one searched just now.
            trails: Those who are being followed, with what was found in it.
        """
        self.searched = frame
        self._next = frame + choose_interval(trails, frame, self.config)
        missed = (trail for trail in trails if trail.stop <= frame)
        if any(measure_face(trail.points) >= SMALLEST for trail in missed):
            # Full size may show who is lost at the reduced one before they are given up.
            soonest = self._last_thorough + self._gap - self.config.interval
            self._next_thorough = min(self._next_thorough, soonest)

    def _choose_scope(
        self, frame: int, trails: Sequence[Trail], shape: tuple[int, int], *, seen: bool
    ) -> Scope:
        if frame >= self._next_thorough:
            return Scope.THOROUGH
        lost = any(trail.stop <= self.searched for trail in trails)
        if seen or lost or frame >= self._next_wide:
            return Scope.WIDE
        near = is_worth_it(expect_all(trails, frame), shape, self.config.side)
        return Scope.NEAR if near else Scope.WIDE


def expect_all(trails: Sequence[Trail], frame: int) -> Floats:
    """Expect everybody's box in a coming frame, shape (trails, 4)."""
    return np.array([trail.expect(frame) for trail in trails], np.float32).reshape(-1, 4)


def choose_interval(trails: Sequence[Trail], frame: int, config: SearchConfig) -> int:
    """Frames until the next search: few where somebody moves, many where all keep still.

    Args:
        trails: Those who are being followed.
        frame: The one searched just now.
        config: How far apart searches may be.
    """
    if any(trail.pace > config.fast for trail in trails):
        return config.fast_interval
    settled = (
        len(trail.scores) > 1 and trail.stop > frame and trail.pace <= config.still
        for trail in trails
    )
    return config.still_interval if trails and all(settled) else config.interval
