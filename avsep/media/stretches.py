"""Parts of a recording: where they lie, and the recording as if it were no more than one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from avsep.errors import SettingError
from avsep.media.probing import MediaInfo
from avsep.media.start_time import find_lead
from avsep.media.streams import VideoStream
from avsep.media.timecode import count_day, drops_frames, read_time_code, write_time_code
from avsep.options import Options
from avsep.ranges import END, HINT, check_order, is_clock, read_range, to_seconds
from avsep.text import clock
from avsep.timeline import FRAME_RATE, Seconds, Span

UNSURE = 0.5  # seconds by which a stated length may be wrong
MIDNIGHT = "00:00:00:00"
PREVIEW = 20.0  # seconds that a preview lasts


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a recording is worked on.

    Attributes:
        source: The whole recording.
        info: As results hold it: the part, or the whole.
        stretches: Seconds of the recording in which voices are wanted, in order; all without any.
        looked: The same in which faces are looked for, of all ranges: everybody has one number
            in all of them.
    """

    source: MediaInfo
    info: MediaInfo
    stretches: tuple[Seconds, ...] = ()
    looked: tuple[Seconds, ...] = ()


def plan_cut(info: MediaInfo, options: Options) -> Cut:
    """Find the ranges of a recording that are asked for.

    Args:
        info: The whole recording.
        options: What is wanted.

    Raises:
        SettingError: The recording has no such times, or nobody knows which range is meant.
    """
    if options.preview:  # where it lies is found out later
        first = (0.0, min(PREVIEW, info.duration))
        return Cut(info, cut_recording(info, first), (first,), (first,))
    if not options.ranges:
        return Cut(info, info)
    found = {text: find_stretch(info, text, options.handles) for text in options.ranges}
    looked = join_stretches(found.values())
    if options.whole:
        return Cut(info, info, looked, looked)
    if not options.part and len(found) > 1:
        raise SettingError(
            "files can't be as long as several ranges",
            hint="Name one of them as `part`, or ask for `whole` files.",
        )
    own = found[options.part or options.ranges[0]]
    return Cut(info, cut_recording(info, own), (own,), looked)


def cover(stretches: Iterable[Seconds], around: int, frames: int) -> tuple[Span, ...]:
    """The frames of some stretches and so many more around them.

    They begin with whole seconds, which every clock of time stamps can tell exactly.

    Args:
        stretches: Seconds of a recording.
        around: Frames more at both sides.
        frames: Length of the recording.
    """
    wide = (
        (
            float(max(0, floor(start * FRAME_RATE) - around) // FRAME_RATE * FRAME_RATE),
            float(min(frames, ceil(stop * FRAME_RATE) + around)),
        )
        for start, stop in stretches
    )
    return tuple((round(start), round(stop)) for start, stop in join_stretches(wide))


def find_frames(stretches: Iterable[Seconds], start: float = 0.0) -> list[Span]:
    """The frames of stretches, which have one at least, shifted to begin where `start` is."""
    first = round(start * FRAME_RATE)
    return [
        (
            first + (low := round((begin - start) * FRAME_RATE)),
            first + max(low + 1, round((end - start) * FRAME_RATE)),
        )
        for begin, end in stretches
    ]


def find_stretch(info: MediaInfo, text: str, handles: float = 0.0) -> Seconds:
    """From which second of a recording up to which a range goes.

    Args:
        info: The whole recording.
        text: The range, as `avsep.ranges.read_range` takes it.
        handles: Seconds more at both sides, as far as the recording goes.

    Raises:
        SettingError: The recording has no such time, or no time code.
    """
    asked = read_range(text)
    start = _find_moment(info, asked.start)
    stop = info.duration if asked.stop == END else _find_moment(info, asked.stop)
    if start >= info.duration or stop > info.duration + UNSURE:
        end = f"{asked.start}-end goes up to the end" if start < info.duration else "Begin earlier"
        raise SettingError(
            f"{info.path} lasts {clock(info.duration)}, and the range {asked} goes beyond",
            hint=f"{end}. Clock times count from its beginning.",
        )
    check_order(str(asked), start, stop)
    return max(0.0, start - handles), min(info.duration, stop + handles)


def _find_moment(info: MediaInfo, moment: str) -> float:
    """Seconds from time 0 of the recording."""
    if is_clock(moment):
        return to_seconds(moment)
    video = info.video
    if video is None or not video.time_code:
        raise SettingError(
            f"{info.path} has no time code, so {moment} can't be found in it",
            hint="Give the range in clock times from its beginning, like 12:30-14:05.",
        )
    drops = drops_frames(video.rate, video.time_code)
    _check_time_code(info, video, moment, drops=drops)
    first = read_time_code(video.rate, video.time_code)
    asked = read_time_code(video.rate, moment if not drops else _mark_dropped(moment))
    frames = (asked - first) % count_day(video.rate, drops=drops)
    return float(find_lead(info)) + float(frames / video.rate)


def _check_time_code(info: MediaInfo, video: VideoStream, moment: str, *, drops: bool) -> None:
    """Refuse numbers of frames that the recording's time code doesn't have."""
    if ";" in moment and not drops and ";" not in video.time_code:
        raise SettingError(
            f"{moment} is drop-frame time code, which {info.path} has not",
            hint=f"Its own begins with {video.time_code}: write colons alone.",
        )
    code = _mark_dropped(moment) if drops else moment.replace(";", ":")
    found = write_time_code(video.rate, read_time_code(video.rate, code), drops=drops)
    if found != code:
        raise SettingError(f"there is no time code {moment} in {info.path}", hint=HINT)


def _mark_dropped(code: str) -> str:
    return f"{code[:8]};{code[9:]}"


def cut_recording(info: MediaInfo, stretch: Seconds) -> MediaInfo:
    """The recording as if it were no more than a part: time 0 is where that begins.

    Everything that reads it obeys. Its time code, from midnight where it had none, is that of the
    part.

    Args:
        info: The whole recording.
        stretch: From and up to, seconds.
    """
    start, stop = stretch
    selection = replace(info.selection, stretch=stretch, whole=info.duration)
    if (video := selection.video) is not None:
        selection = replace(selection, video=_start_later(video, start - float(find_lead(info))))
    return replace(info, duration=stop - start, selection=selection)


def _start_later(video: VideoStream, seconds: float) -> VideoStream:
    """Pictures whose time code is that of a later time."""
    code = video.time_code or MIDNIGHT
    drops = drops_frames(video.rate, code)
    passed = round(Fraction(seconds) * video.rate)
    frames = (read_time_code(video.rate, code) + passed) % count_day(video.rate, drops=drops)
    return replace(video, time_code=write_time_code(video.rate, frames, drops=drops))


def join_stretches(stretches: Iterable[Seconds]) -> tuple[Seconds, ...]:
    """In order, those that overlap or meet as one.

    >>> join_stretches([(5.0, 7.0), (0.0, 2.0), (1.0, 3.0)])
    ((0.0, 3.0), (5.0, 7.0))
    """
    joined: list[Seconds] = []
    for start, stop in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return tuple(joined)
