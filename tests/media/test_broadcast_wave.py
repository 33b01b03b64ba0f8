"""Stamps in WAV files of any size, read by other libraries."""

from __future__ import annotations

import struct
from contextlib import closing
from datetime import datetime
from fractions import Fraction

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from wavinfo import WavInfoReader

from avsep.errors import OutputError
from avsep.media.broadcast_wave import Stamp, write_stamp
from avsep.media.sound import SoundFileWriter, SoundLayout

NOON = Stamp(Fraction(12 * 3600), Fraction(25), drops=False, project="debate", track="Anna")


def write(path, samples, subtype="PCM_24"):
    layout = SoundLayout(48_000, 1, len(samples), subtype)
    with closing(SoundFileWriter(path, 48_000, layout)) as writer:
        writer.write(samples[None])
    return path


@given(st.integers(0, 3000), st.sampled_from(["PCM_16", "PCM_24", "FLOAT"]))
def test_samples_stay_as_they_are_however_many_there_are(tmp_path_factory, count, subtype):
    path = tmp_path_factory.mktemp("stamps") / "voice.wav"
    write(path, np.linspace(-0.5, 0.5, count, dtype=np.float32), subtype)
    before = soundfile.read(path)[0]
    write_stamp(path, NOON)
    assert np.array_equal(soundfile.read(path)[0], before)
    read = WavInfoReader(path)
    assert read.bext.time_reference == 12 * 3600 * 48_000
    assert [track.name for track in read.ixml.track_list] == ["Anna"]
    assert read.bext.coding_history.startswith("A=PCM,F=48000,W=")
    content = path.read_bytes()
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8


def test_a_file_of_more_than_4_gib_is_stamped_in_both_places(tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.media.sound.WAV_LIMIT", 0)
    path = write(tmp_path / "long.wav", np.full(1000, 0.25, np.float32), "FLOAT")
    content = path.read_bytes()
    assert content[:4] == b"RF64"
    # A hole of silence in the file system makes it long; the header says how long.
    frames = 2**30 + 2**20
    begin = content.index(b"data") + 8
    with path.open("r+b") as file:
        file.truncate(begin + 4 * frames)
        file.seek(20)
        file.write(struct.pack("<QQQ", begin + 4 * frames - 8, 4 * frames, frames))
    write_stamp(path, NOON)
    with soundfile.SoundFile(path) as file:
        assert file.frames == frames
        assert (file.read(1000) == 0.25).all()
        file.seek(frames - 10)
        assert (file.read() == 0).all()
    read = WavInfoReader(path)
    assert read.data.frame_count == frames
    assert read.bext.time_reference == 12 * 3600 * 48_000
    assert read.ixml.project == "debate"
    with path.open("rb") as file:
        file.seek(20)
        assert struct.unpack("<Q", file.read(8))[0] == path.stat().st_size - 8


def test_times_of_more_than_32_bits_are_told_whole(tmp_path):
    path = tmp_path / "late.wav"
    with closing(SoundFileWriter(path, 192_000, SoundLayout(192_000, 1, 10, "PCM_16"))) as writer:
        writer.write(np.zeros((1, 10), np.float32))
    late = Fraction(23 * 3600)
    write_stamp(path, Stamp(late, Fraction(25), drops=False, project="a", track="b"))
    read = WavInfoReader(path)
    assert read.bext.time_reference == 23 * 3600 * 192_000 > 2**32
    root = read.ixml.parsed.getroot()
    high, low = (
        int(root.findtext(f"SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_{part}"))
        for part in ("HI", "LO")
    )
    assert (high << 32) + low == read.bext.time_reference


def test_long_and_odd_names_fit(tmp_path):
    path = write(tmp_path / "voice.wav", np.zeros(10, np.float32))
    name = "Ünïcode & <tags> \x07 " + "x" * 500
    made = datetime(2024, 5, 1, 9, 8, 7)
    write_stamp(
        path, Stamp(Fraction(0), Fraction(25), drops=False, project=name, track=name, created=made)
    )
    read = WavInfoReader(path)
    assert len(read.bext.description) == 256
    assert (read.bext.originator_date, read.bext.originator_time) == ("2024-05-01", "09:08:07")
    (track,) = read.ixml.track_list
    assert track.name == name.replace("\x07", "\ufffd")


def test_a_file_without_room_for_a_stamp_is_left_as_it_is(tmp_path):
    path = tmp_path / "other.wav"
    soundfile.write(path, np.zeros(10), 48_000)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="no WAV file with room"):
        write_stamp(path, NOON)
    assert path.read_bytes() == before


def test_an_aiff_file_that_cannot_be_so_large_is_refused(tmp_path):
    with pytest.raises(OutputError, match="AIFF ends at 4 GiB"):
        SoundFileWriter(tmp_path / "voice.aiff", 48_000, SoundLayout(48_000, 2, 2**30, "PCM_24"))
