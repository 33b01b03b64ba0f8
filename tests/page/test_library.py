"""No name leads out of the folder, and nothing that lies there is lost."""

from __future__ import annotations

import asyncio

import pytest

from avsep.errors import MediaError, OutputError
from avsep.page import library as library_module
from avsep.page.library import check_folder, find_below


async def pieces(*parts):
    for part in parts:
        yield part


def receive(library, name, *parts, size=None):
    return asyncio.run(library.receive(name, pieces(*parts), size))


def test_videos_at_any_depth_are_listed_and_nothing_else(library):
    (library.folder / "day").mkdir()
    (library.folder / "day" / "b.MOV").write_bytes(b"12")
    (library.folder / "a.mp4").write_bytes(b"1")
    (library.folder / "notes.txt").write_text("no video")
    (library.folder / ".hidden.mp4").write_bytes(b"1")
    assert [(r.name, r.bytes) for r in library.recordings()] == [("a.mp4", 1), ("day/b.MOV", 2)]


@pytest.mark.parametrize(
    "name",
    ["../secret.mp4", "/etc/passwd", "a/../../secret.mp4", "link/secret.mp4", "\0", "x" * 5000],
)
def test_no_name_leads_out_of_the_folder(library, tmp_path, name):
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (library.folder / "link").symlink_to(tmp_path)
    with pytest.raises(MediaError, match="no recording"):
        library.find(name)
    assert find_below(library.folder, name) is None


def test_an_upload_is_kept_whole_under_its_plain_name(library):
    assert receive(library, "../../Täglich\n #1.mp4", b"ab", b"c", size=3) == "Täglich #1.mp4"
    assert (library.folder / "Täglich #1.mp4").read_bytes() == b"abc"


def test_an_upload_replaces_nothing(library):
    (library.folder / "a.mp4").write_bytes(b"old")
    assert receive(library, "a.mp4", b"new") == "a (2).mp4"
    assert (library.folder / "a.mp4").read_bytes() == b"old"


def test_half_an_upload_is_not_kept(library):
    with pytest.raises(OutputError, match="only in part"):
        receive(library, "a.mp4", b"ab", size=3)
    assert not list(library.folder.iterdir())


@pytest.mark.parametrize("name", ["page.html", ".mp4", "", "run.sh", "mp4", "a.mp4/"])
def test_what_is_not_called_like_a_video_is_refused(library, name):
    with pytest.raises(MediaError, match="called like a video"):
        receive(library, name, b"x")
    assert not list(library.folder.iterdir())


def test_an_upload_leaves_room_on_the_disk(library, monkeypatch):
    monkeypatch.setattr(library_module, "KEPT_FREE", 1 << 60)
    with pytest.raises(OutputError, match="no room for a"):
        receive(library, "a.mp4", b"x", size=1)
    assert not list(library.folder.iterdir())


def test_names_too_long_for_a_disk_are_cut(library):
    kept = receive(library, "ä" * 300 + ".mp4", b"x")
    assert kept.endswith("ä.mp4")
    assert len(kept.encode()) <= 200


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        check_folder(tmp_path / "none")
