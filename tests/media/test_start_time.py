"""Where in the day a recording lies: sounds beside their pictures in every editor."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from avsep.media.probing import MediaInfo
from avsep.media.start_time import find_start
from avsep.media.streams import AudioStream, Selection, VideoStream
from avsep.media.timecode import read_rate


def make_part(rate: str, time_code: str, start: float) -> MediaInfo:
    """What begins at a second of a recording that begins at a time code."""
    rated = read_rate({"avg_frame_rate": rate, "r_frame_rate": rate})
    video = VideoStream(0, False, 640, 360, rate=rated, time_code=time_code)
    sound = AudioStream(1, 48_000, 2)
    selection = Selection((sound,), video, stretch=(start, start + 1))
    return MediaInfo(Path("day.mov"), 60.0, (video,), (sound,), selection)


@pytest.mark.parametrize(
    ("rate", "time_code", "start", "expected"),
    [
        # One second before midnight as frames count it, and what begins two seconds later: the
        # frame with the number 00:00:01:00 is one second of frames after that with 00:00:00:00.
        ("25", "23:59:59:00", 2.0, Fraction(1)),
        ("24000/1001", "23:59:59:00", 2.002, Fraction(1001, 1000)),
        ("30000/1001", "23:59:59:00", 2.002, Fraction(1001, 1000)),
        ("30000/1001", "23:59:59;00", 2.002, Fraction(1001, 1000)),
        ("60000/1001", "23:59:59;00", 2.002, Fraction(1001, 1000)),
    ],
)
def test_after_midnight_by_time_code_the_sound_lies_at_its_picture(
    rate, time_code, start, expected
):
    found = find_start(make_part(rate, time_code, start))
    assert float(found) == pytest.approx(float(expected), abs=1e-9)
