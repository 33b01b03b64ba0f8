"""A file that grows, and a pipe, are read to their end, and no longer."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing

import pytest

from avsep.errors import MediaError
from avsep.follow.feed import GrowingFile, Pipe
from avsep.follow.opening import check_index, is_known, know


def read_all(feed) -> bytes:
    return b"".join(iter(feed.read, b""))


def test_what_is_appended_later_is_read_too(tmp_path):
    path = tmp_path / "growing"
    path.write_bytes(b"first ")
    found = []
    with closing(GrowingFile(path, rest=0.5)) as feed:
        reader = threading.Thread(target=lambda: found.append(read_all(feed)))
        reader.start()
        time.sleep(0.2)
        with path.open("ab") as file:
            file.write(b"second")
        reader.join()
    assert found == [b"first second"]


def test_a_file_that_a_program_has_open_for_writing_is_not_at_rest(tmp_path):
    path = tmp_path / "paused"
    with path.open("wb") as file, closing(GrowingFile(path, rest=0.1)) as feed:
        reader = threading.Thread(target=read_all, args=[feed])
        reader.start()
        reader.join(0.6)
        assert reader.is_alive()
        file.close()
        reader.join(5)
    assert not reader.is_alive()


def test_a_file_that_is_begun_anew_ends_and_says_so(tmp_path):
    path = tmp_path / "restarted"
    path.write_bytes(b"first recording")
    with closing(GrowingFile(path, rest=9)) as feed:
        assert feed.read() == b"first recording"
        path.write_bytes(b"second")
        assert feed.read() == b""
        assert "begun anew" in feed.fault.message


def test_a_file_whose_place_another_takes_is_read_to_its_end(tmp_path):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"first")
    with closing(GrowingFile(path, rest=9)) as feed:
        other.write_bytes(b"second recording")
        other.replace(path)
        assert read_all(feed) == b"first"
        assert "replaced by another file" in feed.fault.message


def test_a_file_that_is_moved_away_has_come_to_its_end(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"all")
    with closing(GrowingFile(path, rest=0.1)) as feed:
        path.rename(tmp_path / "archive")
        assert read_all(feed) == b"all"
        assert feed.fault is None


def test_a_pipe_is_read_until_it_is_closed_and_nothing_that_was_looked_at_is_lost():
    end, begin = os.pipe()
    feed = Pipe(end)
    os.write(begin, b"a head")
    while not feed.peek():
        time.sleep(0.01)
    assert feed.peek() == b"a head"
    os.write(begin, b" and more")
    os.close(begin)
    assert read_all(feed) == b"a head and more"
    assert feed.arrived == feed.taken == 15


def test_a_recording_is_known_again_though_it_has_grown(tmp_path):
    path = tmp_path / "growing"
    path.write_bytes(b"head")
    known = know(path)
    path.write_bytes(b"head and more")
    assert is_known(path, known)
    path.write_bytes(b"hear no more")
    assert not is_known(path, known)


def test_an_mp4_whose_index_comes_last_is_refused_and_a_fragmented_one_is_not(tmp_path):
    def box(kind, size=16):
        return size.to_bytes(4, "big") + kind + bytes(size - 8)

    path = tmp_path / "growing.mp4"
    path.write_bytes(box(b"ftyp") + box(b"moov") + box(b"moof") + box(b"mdat"))
    check_index(path)
    path.write_bytes(box(b"ftyp") + box(b"free") + box(b"mdat", 4000))
    with pytest.raises(MediaError, match="index is written last"):
        check_index(path)
