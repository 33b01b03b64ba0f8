"""Recordings in a folder that fills are taken once they are whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avsep.batch.arrivals import Arrivals, find_open


class Clock:
    """Seconds that pass only when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def arrivals(tmp_path, clock):
    return Arrivals([tmp_path], rest=5, clock=clock)


def test_a_file_at_rest_is_reported_once(arrivals, clock, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"1")
    assert arrivals.look() == []
    clock.now = 4.9
    assert arrivals.look() == []
    clock.now = 5
    assert arrivals.look() == [tmp_path / "a.mp4"]
    clock.now = 100
    assert arrivals.look() == []


def test_a_file_that_grows_is_waited_for(arrivals, clock, tmp_path):
    path = tmp_path / "day" / "a.mp4"
    path.parent.mkdir()
    for second in range(0, 20, 2):
        with path.open("ab") as file:
            file.write(b"more")
        clock.now = second
        assert arrivals.look() == []
    clock.now = 18 + 5
    assert arrivals.look() == [path]


def test_a_time_stamp_that_moves_is_a_change(arrivals, clock, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"as large as it will be")
    arrivals.look()
    os.utime(path, (1, 1))
    clock.now = 5
    assert arrivals.look() == []
    clock.now = 10
    assert arrivals.look() == [path]


def test_a_file_that_comes_again_is_reported_again(arrivals, clock, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"1")
    arrivals.look()
    clock.now = 5
    assert arrivals.look() == [path]
    path.write_bytes(b"another")
    arrivals.look()
    clock.now = 10
    assert arrivals.look() == [path]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells")
def test_a_file_open_for_writing_is_waited_for(arrivals, clock, tmp_path):
    path, read = tmp_path / "a.mp4", tmp_path / "b.mp4"
    read.write_bytes(b"1")
    with path.open("wb") as file, read.open("rb"):
        file.truncate(100)
        assert find_open([path, read]) == {path}
        arrivals.look()
        clock.now = 5
        assert arrivals.look() == [read]
    clock.now = 6
    assert arrivals.look() == [path]


def test_a_program_that_ends_while_it_is_looked_at_is_passed_by(monkeypatch, tmp_path):
    """Its folder is there, and gone when it is looked into."""
    (tmp_path / "100").mkdir()
    (tmp_path / "200" / "fd").mkdir(parents=True)
    (tmp_path / "200" / "fdinfo").mkdir()
    written = tmp_path / "a.mp4"
    written.touch()
    (tmp_path / "200" / "fd" / "3").symlink_to(written)
    (tmp_path / "200" / "fdinfo" / "3").write_text("pos:\t0\nflags:\t0100001\n")
    monkeypatch.setattr("avsep.batch.arrivals.OPEN_FILES", tmp_path)
    assert find_open([written]) == {written}
