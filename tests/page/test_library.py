"""No name leads out of the folders."""

from __future__ import annotations

import os

import pytest

from avsep.errors import MediaError, OutputError
from avsep.page.library import Library, check_folder, find_below


def test_videos_at_any_depth_are_listed_and_nothing_else(library, folder):
    (folder / "day").mkdir()
    (folder / "day" / "b.MOV").write_bytes(b"12")
    (folder / "a.mp4").write_bytes(b"1")
    (folder / "notes.txt").write_text("no video")
    (folder / ".hidden.mp4").write_bytes(b"1")
    top, day = library.browse(), library.browse("day")
    assert [(r.name, r.bytes) for r in top.recordings] == [("a.mp4", 1)]
    assert (top.folders, top.trail) == (("day",), ())
    assert [(r.name, r.bytes) for r in day.recordings] == [("day/b.MOV", 2)]
    assert (day.folders, day.trail) == ((), ("",))


@pytest.mark.parametrize(
    "name",
    ["../secret.mp4", "/etc/passwd", "a/../../secret.mp4", "link/secret.mp4", "\0", "x" * 5000],
)
def test_no_name_leads_out_of_the_folder(library, folder, tmp_path, name):
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(MediaError, match="no recording"):
        library.find(name)
    assert find_below(folder, name) is None
    with pytest.raises(MediaError, match="no folder"):
        library.browse(name)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        check_folder(tmp_path / "none")


@pytest.fixture
def two(tmp_path) -> Library:
    """Two folders of one name, with a recording in each."""
    folders = [tmp_path / "one" / "day", tmp_path / "two" / "day"]
    for folder in folders:
        (folder / "late").mkdir(parents=True)
        (folder / "late" / "a.mp4").write_bytes(folder.parent.name.encode())
    return Library.of(folders)


def test_several_folders_are_told_apart(two, tmp_path):
    assert two.browse().folders == ("day", "day (2)")
    shelf = two.browse("day (2)/late")
    assert [r.name for r in shelf.recordings] == ["day (2)/late/a.mp4"]
    assert shelf.trail == ("", "day (2)")
    assert two.find("day (2)/late/a.mp4").read_bytes() == b"two"
    assert two.find("day/late/a.mp4").read_bytes() == b"one"
    assert two.choose_output("day (2)/late/a.mp4") == tmp_path / "two/day/voices/late"


@pytest.mark.parametrize(
    "name", ["day/../../two/day/late/a.mp4", "late/a.mp4", "", "day (3)/late/a.mp4", "day"]
)
def test_no_name_leads_from_one_folder_into_another(two, name):
    with pytest.raises(MediaError):
        two.find(name)


def test_results_of_several_folders_in_one_place_are_kept_apart(tmp_path):
    folders = [tmp_path / "one" / "day", tmp_path / "two" / "day"]
    library = Library.of(folders, tmp_path / "out")
    assert library.choose_output("day/a.mp4") == tmp_path / "out" / "day"
    assert library.choose_output("day (2)/a.mp4") == tmp_path / "out" / "day (2)"


def test_links_that_lead_elsewhere_are_not_even_listed(library, folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.mp4").write_bytes(b"secret")
    (folder / "own.mp4").write_bytes(b"own")
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    (folder / "out.mp4").symlink_to(tmp_path / "elsewhere" / "secret.mp4")
    (folder / "in.mp4").symlink_to(folder / "own.mp4")
    (folder / "gone.mp4").symlink_to(folder / "nowhere.mp4")
    (folder / "ring.mp4").symlink_to(folder / "ring.mp4")
    shelf = library.browse()
    assert [r.name for r in shelf.recordings] == ["in.mp4", "own.mp4"]
    assert shelf.folders == ()
    for name in ("out", "out/secret.mp4"):
        with pytest.raises(MediaError, match="no folder"):
            library.browse(name)


def test_results_and_names_that_are_no_text_are_passed_by(library, folder, output):
    output.mkdir()
    (folder / "debate").mkdir()
    (folder / "debate" / "manifest.json").write_text('{"avsep": "0.1.0"}')
    with open(os.fsencode(folder) + b"/\xff.mp4", "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"x")
    (folder / "own.mp4").write_bytes(b"own")
    shelf = library.browse()
    assert shelf.folders == ()
    assert [r.name for r in shelf.recordings] == ["own.mp4"]
