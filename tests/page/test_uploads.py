"""What is sent is kept whole or not at all, and nothing that lies there is lost."""

from __future__ import annotations

import asyncio
import os

import pytest

from avsep.errors import MediaError, OutputError
from avsep.page import uploads


async def pieces(*parts):
    for part in parts:
        yield part


def receive(folder, name, *parts, size=None):
    return asyncio.run(uploads.receive(folder, name, pieces(*parts), size))


def test_an_upload_is_kept_whole_under_its_plain_name(folder):
    assert receive(folder, "../../Täglich\n #1.mp4", b"ab", b"c", size=3) == "Täglich #1.mp4"
    assert (folder / "Täglich #1.mp4").read_bytes() == b"abc"


def test_an_upload_replaces_nothing(folder):
    (folder / "a.mp4").write_bytes(b"old")
    assert receive(folder, "a.mp4", b"new") == "a (2).mp4"
    assert (folder / "a.mp4").read_bytes() == b"old"


def test_half_an_upload_is_not_kept(folder):
    with pytest.raises(OutputError, match="only in part"):
        receive(folder, "a.mp4", b"ab", size=3)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", ["page.html", ".mp4", "", "run.sh", "mp4", "a.mp4/"])
def test_what_is_not_called_like_a_video_is_refused(folder, name):
    with pytest.raises(MediaError, match="called like a video"):
        receive(folder, name, b"x")
    assert not list(folder.iterdir())


def test_an_upload_leaves_room_on_the_disk(folder, monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_FREE", 1 << 60)
    with pytest.raises(OutputError, match="no room for a"):
        receive(folder, "a.mp4", b"x", size=1)
    assert not list(folder.iterdir())


def test_what_would_be_refused_is_refused_before_it_is_sent(browser, folder):
    ask = "/api/uploads/day/{}?bytes={}"
    (folder / "day").mkdir()
    assert browser.get(ask.format("a.mp4", 1)).status_code == 204
    assert "no room for a.mp4" in browser.get(ask.format("a.mp4", 1 << 60)).json()["error"]
    assert "called like a video" in browser.get(ask.format("a.txt", 1)).json()["error"]
    assert not list((folder / "day").iterdir())


def test_names_too_long_for_a_disk_are_cut(folder):
    kept = receive(folder, "ä" * 300 + ".mp4", b"x")
    assert kept.endswith("ä.mp4")
    assert len(kept.encode()) <= 200


def test_two_files_of_one_name_that_come_at_the_same_time_are_both_kept(folder):
    async def send(*parts):
        for part in parts:
            yield part
            await asyncio.sleep(0)

    async def both():
        return await asyncio.gather(
            uploads.receive(folder, "a.mp4", send(b"one ", b"whole")),
            uploads.receive(folder, "a.mp4", send(b"another ", b"whole")),
        )

    assert set(asyncio.run(both())) == {"a.mp4", "a (2).mp4"}
    assert {p.read_bytes() for p in folder.iterdir()} == {b"one whole", b"another whole"}


def test_what_a_dead_server_left_of_an_upload_is_cleared_away(folder):
    (folder / "day").mkdir()
    old = folder / "day" / f"{uploads.PREFIX}1{uploads.PARTIAL}"
    fresh = folder / f"{uploads.PREFIX}2{uploads.PARTIAL}"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    uploads.clear_away(folder, before=2000)
    assert not old.exists()
    assert fresh.exists()
