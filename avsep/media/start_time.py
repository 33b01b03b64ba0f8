"""Where a recording lies in the day: by the time code of its first frame."""

from __future__ import annotations

from fractions import Fraction

from avsep.media.probing import MediaInfo
from avsep.media.timecode import count_day, drops_frames, read_time_code

DAY = 24 * 60 * 60  # seconds
CLOCK = 1_000_000  # what containers' times are told in, a second


def find_lead(info: MediaInfo) -> Fraction:
    """Seconds from time 0 to the first frame: a sound may begin before the picture."""
    if info.video is None:
        return Fraction(0)
    return Fraction(round((info.video.label.start - info.zero) * CLOCK), CLOCK)


def find_start(info: MediaInfo) -> Fraction:
    """Seconds from midnight to time 0, by the time code; those of a part without one.

    The hour at which a file was made is no substitute: editors put pictures without a time code
    at 0, and sounds shall lie beside them.
    """
    # A part begins with a sample of its own, which seldom is that of a frame.
    rate = info.sample_rate or CLOCK
    passed = Fraction(round(info.start * rate), rate)
    whole = info.whole_video
    if whole is None or not whole.time_code:
        return passed % DAY
    # Counted in frames, a day is not always 24 hours long: at 29.97 a second it is not.
    day = count_day(whole.rate, drops=drops_frames(whole.rate, whole.time_code))
    frames = read_time_code(whole.rate, whole.time_code)
    return (frames / whole.rate - find_lead(info) + passed) % (day / whole.rate)
