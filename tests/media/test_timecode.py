"""Rates and time codes, counted as OpenTimelineIO counts them."""

from __future__ import annotations

from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avsep.media.probing import probe
from avsep.media.timecode import drops_frames, read_rate, read_time_code

NTSC = Fraction(30_000, 1001)
FAST = Fraction(60_000, 1001)


@pytest.mark.parametrize("rate", [NTSC, FAST])
@given(number=st.integers(0, 17 * 60 * 60 * 30))
def test_drop_frame_time_codes_are_counted_right(rate, number):
    code = otio.opentime.to_timecode(otio.opentime.RationalTime(number, float(rate)), float(rate))
    assert drops_frames(rate, code)
    assert read_time_code(rate, code) == number


@pytest.mark.parametrize(
    "rate", [Fraction(24_000, 1001), 24, 25, NTSC, 30, 48, 50, FAST, 60], ids=str
)
def test_time_codes_that_drop_nothing_are_counted_right(rate):
    code = "10:11:12:13"
    assert (
        read_time_code(Fraction(rate), code)
        == otio.opentime.from_timecode(code, float(rate)).value
    )
    assert not drops_frames(Fraction(rate), code)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("24000/1001", Fraction(24_000, 1001)),
        ("24/1", 24),
        ("23976/1000", Fraction(24_000, 1001)),
        ("180000/6006", NTSC),
        ("50/1", 50),
        ("19001/317", FAST),
        ("15/1", 30),
        ("17/1", 25),
        ("0/0", 25),
    ],
)
def test_the_rate_is_one_that_editors_know(stated, expected):
    assert read_rate({"avg_frame_rate": stated, "r_frame_rate": "0/0"}) == expected


def test_a_phone_that_keeps_no_even_time_has_its_nominal_rate():
    assert read_rate({"avg_frame_rate": "2991/100", "r_frame_rate": "30/1"}) == 30


@pytest.mark.parametrize("container", ["mov", "mp4", "mxf"])
@pytest.mark.parametrize(
    ("rate", "code"), [("30000/1001", "01:00:00;00"), ("25", "10:20:30:12")], ids=["df", "25"]
)
def test_the_time_code_of_a_file_is_found(make_media, container, rate, code):
    coder = "mpeg2video" if container == "mxf" else "mpeg4"
    source = ("-f", "lavfi", "-i", f"color=gray:size=160x120:rate={rate}:duration=1")
    info = probe(make_media(f"coded.{container}", *source, "-c:v", coder, "-timecode", code))
    assert info.video.time_code == code
    assert info.video.rate == Fraction(rate)


def test_what_is_no_time_code_counts_for_nothing():
    assert read_time_code(NTSC, "") == read_time_code(NTSC, "later") == 0


def pair_frames(path):
    """Have the time code of a recording of 59.94 count pairs, as cameras do, by its header."""
    content = bytearray(path.read_bytes())
    entry = content.find(bytes.fromhex("0000ea60000003e93c"))  # 60000, 1001, and 60 a second
    content[entry : entry + 9] = bytes.fromhex("0000ea60000007d21e")  # 60000, 2002, and 30
    path.write_bytes(content)


def test_a_time_code_that_counts_pairs_of_frames_is_counted_in_frames(make_media):
    picture = ("-f", "lavfi", "-i", "color=gray:size=160x120:rate=60000/1001:duration=1")
    path = make_media("pairs.mov", *picture, "-c:v", "libx264", "-timecode", "01:00:00;12")
    assert probe(path).video.time_code == "01:00:00;12"
    stored = otio.opentime.from_timecode("01:00:00;12", float(FAST)).value
    pair_frames(path)
    # The number that is stored means pairs now.
    video = probe(path).video
    assert read_time_code(video.rate, video.time_code) == 2 * stored
    assert video.time_code == "02:00:00;24"
