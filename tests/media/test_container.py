"""Time 0 and the length of a recording, by what its container tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from avsep.media.container import Container
from avsep.media.live import find_time_zero
from avsep.media.probing import MediaInfo, probe, select
from avsep.media.reading import read_audio, read_frames
from avsep.media.start_time import find_lead
from avsep.media.streams import AudioStream, Label, Selection, VideoStream


@pytest.fixture
def commented(make_media, clip):
    """Two seconds of picture and sound, two seconds after a commentary began."""
    late = ("-itsoffset", "2", "-i", clip)
    comment = ("-f", "lavfi", "-t", "4", "-i", "sine=440:r=44100")
    maps = ("-map", "0:v", "-map", "0:a", "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_s16le")
    return make_media("commented.mkv", *late, *comment, *maps, "-disposition:a:1", "comment")


def test_time_begins_with_a_stream_that_nobody_listens_to(commented):
    info = probe(commented)
    assert len(info.heard) == 1
    assert info.heard[0].label.start == pytest.approx(2, abs=0.03)
    assert info.duration == pytest.approx(4, abs=0.05)
    assert float(find_lead(info)) == pytest.approx(2, abs=0.05)
    assert find_time_zero(info) == pytest.approx(0, abs=0.03)
    assert len(list(read_frames(info))) == pytest.approx(100, abs=2)
    sound = read_audio(info).samples
    assert sound.shape[1] / 44_100 == pytest.approx(4, abs=0.05)
    assert not sound[:, : round(1.9 * 44_100)].any()


def test_a_length_is_believed_no_further_than_the_file_goes():
    label = Label(span=(0.0, 3598.0))
    streams = AudioStream(1, 48_000, 2, label), VideoStream(0, False, 640, 360, label)
    container = Container("matroska,webm", stated=6.0, size=10**6)
    info = MediaInfo(
        Path("cut.mkv"), 6.0, streams[1:], streams[:1], Selection((), streams[1]), container
    )
    assert select(info, Selection(streams[:1], streams[1])).duration == 6.0


def test_transport_streams_count_from_the_first_stream_in_use():
    used, other = Label(start=12.0), Label(start=10.0)
    assert Container("mpegts", start=10.0).find_zero([used]) == 12.0
    assert Container("mpegts", start=10.0).find_zero([used, other]) == 10.0
    assert Container("mov,mp4", start=10.0).find_zero([used]) == 10.0


@pytest.mark.parametrize(("size", "length"), [(2**31, 3600.0), (2**20, None)])
def test_a_length_of_a_transport_stream_must_go_with_its_size(size, length):
    container = Container("mpegts", stated=3600.0, size=size)
    assert container.find_length([Label()]) == length
    assert replace(container, stated=3600.0 * 100).find_length([Label()]) is None
