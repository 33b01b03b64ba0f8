"""How editors count frames: at the recording's own rate, from its own time code on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

# Rates for which there are time codes.
RATES = (
    *(Fraction(rate) for rate in (24, 25, 30, 48, 50, 60)),
    *(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60)),
)
USUAL_RATE = Fraction(25)
MOST_TIMES = 4  # time code's frames for one of a slow recording
# How far the rate of a stream may lie from a time code's rate: that a file's last frame lasts
# longer or is missing moves the mean, and 24 and 23.976 are 0.1 % apart.
NEAR = Fraction(4, 10_000)
TIME_CODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")
# What containers call the time of recording, that of the place before that of Greenwich.
CREATED = ("com.apple.quicktime.creationdate", "creation_time")
UNSET = 1990  # years before are clocks that nobody has set
# Drop-frame time code leaves out so many numbers of 29.97 in most minutes.
DROPPED = 2


def read_rate(stream: dict[str, Any]) -> Fraction:
    """Frames per second of a stream, as editors count them.

    The rate of a time code that is near the mean or the stated rate, or a few times that; where
    there is none, ours.

    >>> read_rate({"avg_frame_rate": "2997/100"})
    Fraction(30000, 1001)
    """
    stated = [_read_fraction(stream.get(key)) for key in ("avg_frame_rate", "r_frame_rate")]
    for rate in filter(None, stated):
        for times in range(1, MOST_TIMES + 1):
            nearest = min(RATES, key=lambda known: abs(known - times * rate))
            if abs(nearest - times * rate) <= NEAR * nearest:
                return nearest
    return USUAL_RATE


def _read_fraction(text: str | None) -> Fraction | None:
    above, _, below = (text or "").partition("/")
    return Fraction(int(above), int(below)) if below.isdigit() and int(below) else None


def find_time_code(stream: dict[str, Any], report: dict[str, Any]) -> str:
    """The time code of the first frame: the stream's own, else the file's; else nothing.

    Counted at the rate of the stream.

    Args:
        stream: The frames, as ffprobe describes them.
        report: All that ffprobe says of the file.
    """
    code = _find_code(stream, report)
    times = _count_times(read_rate(stream), report)
    match = TIME_CODE.fullmatch(code)
    if times == 1 or not match:
        return code
    return f"{code[:-2]}{times * int(match[5]):02}"


def _count_times(rate: Fraction, report: dict[str, Any]) -> int:
    """Frames for one number of the time code: cameras of 50 and 60 frames often count pairs."""
    for other in report.get("streams", []):
        own = _read_fraction(other.get("avg_frame_rate"))
        if other.get("codec_tag_string") == "tmcd" and own:
            times = rate / own
            return round(times) if times.denominator == 1 else 1
    return 1


def _find_code(stream: dict[str, Any], report: dict[str, Any]) -> str:
    """The time code as it is written."""
    others = [other for other in report.get("streams", []) if other is not stream]
    for place in (stream, report.get("format", {}), *others):
        tags = {key.lower(): value for key, value in place.get("tags", {}).items()}
        for found in (tags.get("timecode"), place.get("timecode")):
            if found and TIME_CODE.fullmatch(found.strip()):
                return str(found.strip())
    return ""


def drops_frames(rate: Fraction, time_code: str) -> bool:
    """Whether a time code leaves out numbers, so as to keep up with the clock."""
    return rate in (Fraction(30_000, 1001), Fraction(60_000, 1001)) and bool(
        re.search("[;.]", time_code)
    )


def read_time_code(rate: Fraction, time_code: str) -> int:
    """Frames from midnight to a time code; 0 without one.

    >>> read_time_code(Fraction(30_000, 1001), "01:00:00;00")
    107892
    """
    match = TIME_CODE.fullmatch(time_code)
    if not match:
        return 0
    hours, minutes, seconds, _, frames = match.groups()
    nominal, minute = round(rate), 60 * int(hours) + int(minutes)
    count = (60 * minute + int(seconds)) * nominal + int(frames)
    if drops_frames(rate, time_code):
        count -= DROPPED * (nominal // 30) * (minute - minute // 10)
    return count


def read_creation(tags: Mapping[str, str]) -> datetime | None:
    """When a recording was made, by the clock of its place where that is told, else Greenwich's.

    >>> read_creation({"creation_time": "2024-05-01T10:30:00.000000Z"}).hour
    10
    """
    named = {name.lower(): text for name, text in tags.items()}
    for text in filter(None, map(named.get, CREATED)):
        try:
            made = datetime.fromisoformat(text.strip())
        except ValueError:
            continue
        if made.year >= UNSET:
            return made
    return None


def write_time_code(rate: Fraction, frames: int, *, drops: bool = False) -> str:
    """The time code of a frame that is counted from midnight.

    >>> write_time_code(Fraction(30_000, 1001), 107_892, drops=True)
    '01:00:00;00'
    """
    nominal = round(rate)
    if drops:
        frames += _count_dropped(frames, nominal)
    seconds, frame = divmod(frames, nominal)
    hours, minutes, seconds = seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    return f"{hours:02}:{minutes:02}:{seconds:02}{';' if drops else ':'}{frame:02}"


def _count_dropped(frames: int, nominal: int) -> int:
    """How many numbers are left out up to a frame: some in all minutes but every tenth."""
    dropped = DROPPED * (nominal // 30)
    tens, rest = divmod(frames, 600 * nominal - 9 * dropped)
    minutes = max(0, rest - dropped) // (60 * nominal - dropped)
    return dropped * (9 * tens + minutes)


def count_day(rate: Fraction, *, drops: bool) -> int:
    """Frames from midnight to midnight."""
    nominal = round(rate)
    return 24 * 3600 * nominal - drops * DROPPED * (nominal // 30) * 24 * 54
