"""Frames as editors count them: at the recording's own rate, from its time code on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from opentimelineio.opentime import RationalTime, TimeRange

from avsep.media.probing import MediaInfo
from avsep.media.start_time import find_lead
from avsep.media.streams import VideoStream
from avsep.media.timecode import count_day, drops_frames, read_time_code, write_time_code
from avsep.timeline import FRAME_RATE


@dataclass(frozen=True, slots=True)
class Counting:
    """How the recording's frames are counted by editors.

    Attributes:
        rate: Frames per second.
        first: Number of the first frame, as its time code says.
        drops: Whether the time code leaves out numbers.
    """

    rate: Fraction
    first: int
    drops: bool

    def convert(self, frame: int) -> int:
        """The recording's own frame at which one of ours begins, or nearly so."""
        return round(frame * self.rate / FRAME_RATE)

    def range(self, start: int, stop: int, first: int = 0) -> TimeRange:
        """The recording's own frames from one of our frames up to another.

        Both ends are rounded, so that pieces that meet go on meeting.

        Args:
            start: First frame, at `FRAME_RATE`.
            stop: The one after the last.
            first: Number of the recording's first frame.
        """
        begin, end = (self.convert(frame) for frame in (start, stop))
        return TimeRange(self.time(first + begin), self.time(end - begin))

    def time(self, frames: int) -> RationalTime:
        """A number of the recording's own frames."""
        return RationalTime(frames, float(self.rate))

    @property
    def day(self) -> int:
        """Frames from midnight to midnight."""
        return count_day(self.rate, drops=self.drops)

    def write_code(self, frames: int) -> str:
        """The time code of a frame that is counted from midnight, also that before."""
        return write_time_code(self.rate, frames % self.day, drops=self.drops)

    @property
    def marks(self) -> dict[str, Any]:
        """By this the writer of Final Cut Pro's lists knows drop-frame time code."""
        return {"timecode": {"displayformat": "DF" if self.drops else "NDF"}}


def count_before(info: MediaInfo) -> int:
    """Frames of a file that come before the part in use; 0 where all of it is in use."""
    if info.selection.stretch is None or info.video is None:
        return 0
    seconds = Fraction(info.start) - find_lead(info)
    return max(0, round(seconds * info.video.rate))


def count_as(video: VideoStream) -> Counting:
    """Count as a recording does."""
    rate, code = video.rate, video.time_code
    return Counting(rate, read_time_code(rate, code), drops_frames(rate, code))
