"""Where a recording lies in the day: by the time code of its first frame."""

from __future__ import annotations

from fractions import Fraction

from avsep.media.probing import COUNTED, MediaInfo
from avsep.media.streams import AudioStream, VideoStream
from avsep.media.timecode import count_frames

DAY = 24 * 60 * 60  # seconds
CLOCK = 1_000_000  # what containers' times are told in, a second


def find_lead(info: MediaInfo) -> Fraction:
    """Seconds from time 0 to the first frame: a sound may begin before the picture.

    Transport streams are counted from the first of the streams in use, other containers from the
    first of all.
    """
    if info.video is None:
        return Fraction(0)
    counted: list[AudioStream | VideoStream] = (
        info.used if info.container in COUNTED else [*info.videos, *info.audio]
    )
    first = min(stream.label.start for stream in counted)
    return Fraction(round((info.video.label.start - first) * CLOCK), CLOCK)


def find_start(info: MediaInfo) -> Fraction:
    """Seconds from midnight to time 0, by the time code; 0 without one.

    The hour at which a file was made is no substitute: editors put pictures without a time code
    at 0, and sounds shall lie beside them.
    """
    if info.video is None or not info.video.time_code:
        return Fraction(0)
    frames = count_frames(info.video.rate, info.video.time_code)
    return (frames / info.video.rate - find_lead(info)) % DAY
