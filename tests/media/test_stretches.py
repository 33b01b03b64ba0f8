"""Parts of a recording: where time code puts them, and which frames are theirs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from opentimelineio.opentime import RationalTime

from avsep.errors import SettingError
from avsep.media.probing import probe
from avsep.media.reading import read_frames
from avsep.media.stretches import cut_recording, find_stretch
from avsep.media.timecode import read_time_code, write_time_code

NTSC = Fraction(30_000, 1001)


def read_numbers(info, number_of):
    return [number_of(image) for image in read_frames(info)]


@pytest.mark.parametrize("start", [0.04, 0.48, 1.0])
def test_the_frames_of_a_part_are_those_of_the_whole(late_picture_clip, number_of, start):
    """Frames begin 0.72 s after the sound, in three containers."""
    info = probe(late_picture_clip)
    whole = read_numbers(info, number_of)
    first = round(25 * start)
    assert (
        read_numbers(cut_recording(info, (start, start + 0.6)), number_of)
        == (whole[first : first + 15])
    )


def test_a_part_of_uneven_frames_begins_with_the_one_that_is_shown_then(uneven_clip, number_of):
    """None comes from 0.48 to 0.99 s: the one before is shown all that time."""
    info = probe(uneven_clip)
    whole = read_numbers(info, number_of)
    assert read_numbers(cut_recording(info, (0.8, 1.2)), number_of) == whole[20:30]
    assert whole[20] < 13


@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(60_000, 1001)])
def test_time_code_is_written_as_other_programs_write_it(rate, drops):
    if drops and rate == 25:
        return
    for frames in (0, 1799, 1800, 1801, 3597, 17_981, 17_982, 107_892, 2_000_003):
        ours = write_time_code(rate, frames, drops=drops)
        time = RationalTime(frames, float(rate))
        if rate != NTSC or drops:  # OpenTimelineIO's own choice for 29.97
            theirs = time.to_timecode(float(rate), drop_frame=drops)
            assert ours == theirs
        assert read_time_code(rate, ours) == frames


def test_time_code_goes_on_after_midnight(make_media):
    pictures = ("-f", "lavfi", "-i", "color=gray:size=64x64:rate=25:duration=3")
    sound = ("-f", "lavfi", "-i", "sine=duration=3")
    source = make_media("night.mov", *pictures, *sound, "-timecode", "23:59:59:00")
    info = probe(source)
    assert find_stretch(info, "00:00:00:05-00:00:01:00") == (1.2, 2.0)
    part = cut_recording(info, (1.2, 2.0))
    assert part.video.time_code == "00:00:00:05"
    with pytest.raises(SettingError, match="goes beyond"):
        find_stretch(info, "23:59:58:00-00:00:00:00")


def test_the_sound_that_is_read_of_a_part_does_not_begin_later(late_sound_clip):
    info = probe(late_sound_clip)
    part = cut_recording(info, (0.5, 1.5))
    assert part.duration == 1.0
    assert part.start == 0.5
    assert np.isclose(info.duration, part.selection.whole)
