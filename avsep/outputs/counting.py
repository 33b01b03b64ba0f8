"""Frames as editors count them: at the recording's own rate, from its time code on."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    def time(self, frames: int) -> RationalTime:
        """A number of the recording's own frames."""
        return RationalTime(frames, float(self.rate))

    def range(self, first: int, frames: int) -> TimeRange:
        """So many of the recording's own frames."""
        return TimeRange(self.time(first), self.time(frames))

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


def count_as(video: VideoStream) -> Counting:
    """Count as a recording does."""
    rate, code = video.rate, video.time_code
    return Counting(rate, read_time_code(rate, code), drops_frames(rate, code))


@dataclass(frozen=True, slots=True)
class Footage:
    """The pictures in a recording's file, and where time 0 of what is worked on lies among them.

    Attributes:
        opening: Number of the first frame of the file, by its time code.
        frames: How many there are.
        seconds: How long they last.
        passed: Frames from the first of them to time 0; negative if they begin later.
    """

    opening: int
    frames: int
    seconds: Fraction
    passed: int


def find_footage(info: MediaInfo, frames: int) -> Footage:
    """The pictures of a recording, all of which lie in its file, also where a part is in use.

    Args:
        info: The recording.
        frames: How many of ours were seen.
    """
    video = info.whole_video
    assert video is not None
    counting, lead = count_as(video), find_lead(info)
    is_part = info.selection.stretch is not None
    seen = Fraction(info.selection.whole) if is_part else Fraction(frames, FRAME_RATE)
    told = video.label.seconds
    is_told = told and (is_part or abs(told - seen) <= 1)
    seconds = Fraction(told or 0).limit_denominator(1_000_000) if is_told else seen - lead
    return Footage(
        counting.first,
        max(1, round(seconds * counting.rate)),
        seconds,
        round((Fraction(info.start) - lead) * counting.rate),
    )


def count_sounds(info: MediaInfo) -> Counting:
    """Count as what begins at time 0 of the recording, or of its part: sounds with a time code."""
    assert info.video is not None
    counting = count_as(info.video)
    if info.selection.stretch is not None:  # whose time code is that of its time 0
        return counting
    lead = round(find_lead(info) * counting.rate)
    first = (counting.first - lead) % counting.day if info.video.time_code else 0
    return replace(counting, first=first)
