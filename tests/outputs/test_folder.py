"""Scratch folders, their locks, and results moved to their places."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from avsep.errors import MediaError, OutputError
from avsep.outputs.folder import check_place, clear_leftovers, move_result, scratch_folder
from avsep.outputs.locks import hold

DIE_WITHIN = """
import os, signal, sys
from pathlib import Path
from avsep.outputs.folder import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "half.wav").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_result(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.wav").write_text(text)
    listed = [{"name": f"{name}.wav", "bytes": len(text)} for name, text in files.items()]
    (folder / "manifest.json").write_text(json.dumps({"avsep": "0", "files": listed}))
    return folder


def leave(output: Path) -> Path:
    """A scratch folder as a killed run leaves it."""
    command = [sys.executable, "-c", DIE_WITHIN, str(output)]
    subprocess.run(command, check=False)
    (folder,) = [path for path in output.iterdir() if path.name.startswith(".avsep-")]
    return folder


def test_a_scratch_folder_goes_with_its_block_whatever_happens(tmp_path):
    with pytest.raises(ZeroDivisionError), scratch_folder(tmp_path / "a" / "b") as folder:
        (folder / "half.wav").write_text(str(1 // 0))
    assert names(tmp_path / "a" / "b") == []


def test_what_a_killed_run_left_is_cleared_away_and_nothing_else(tmp_path):
    leave(tmp_path)
    (tmp_path / ".avsep-notes").mkdir()
    (tmp_path / ".avsep-0123456789ab.txt").touch()
    (tmp_path / ".avsep-0123456789cd").symlink_to(tmp_path / ".avsep-notes")
    kept = {".avsep-notes", ".avsep-0123456789ab.txt", ".avsep-0123456789cd"}
    clear_leftovers(tmp_path)
    assert set(names(tmp_path)) == kept


def test_work_that_is_going_on_is_not_cleared_away(tmp_path):
    clear = (
        "import sys; from pathlib import Path; from avsep.outputs.folder import clear_leftovers\n"
    )
    clear += "clear_leftovers(Path(sys.argv[1]))"
    with scratch_folder(tmp_path) as folder:
        clear_leftovers(tmp_path)
        subprocess.run([sys.executable, "-c", clear, str(tmp_path)], check=True)
        assert folder.is_dir()


def test_a_scratch_folder_whose_run_died_before_it_was_locked_is_cleared_away(tmp_path):
    (tmp_path / ".avsep-0123456789ab").mkdir()
    clear_leftovers(tmp_path)
    assert names(tmp_path) == []


def test_clearing_where_nothing_is_harms_nothing(tmp_path):
    clear_leftovers(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_a_new_result_comes_to_its_place_whole(tmp_path):
    with scratch_folder(tmp_path) as scratch:
        move_result(make_result(scratch / "made", a="new"), tmp_path / "out", force=False)
    assert names(tmp_path / "out") == ["a.wav", "manifest.json"]
    assert names(tmp_path) == ["out"]


def test_an_earlier_result_goes_and_the_users_files_stay(tmp_path):
    folder = make_result(tmp_path / "out", a="old", b="old")
    (folder / "notes.txt").write_text("dear")
    with scratch_folder(tmp_path) as scratch:
        move_result(make_result(scratch / "made", a="new", c="new"), folder, force=True)
    assert names(folder) == ["a.wav", "c.wav", "manifest.json", "notes.txt"]
    assert (folder / "a.wav").read_text() == "new"


@pytest.mark.parametrize("name", ["a.wav", "manifest.json"])
def test_a_folder_called_like_a_file_of_the_result_stays(tmp_path, name):
    folder = tmp_path / "out"
    (folder / name).mkdir(parents=True)
    (folder / name / "takes.txt").write_text("dear")
    with (
        pytest.raises(OutputError, match="is a folder, and a file of the result"),
        scratch_folder(tmp_path) as scratch,
    ):
        move_result(make_result(scratch / "made", a="new"), folder, force=True)
    assert [path.read_text() for path in folder.rglob("*.txt")] == ["dear"]
    assert names(folder) == [name]


def test_a_new_result_ends_what_follow_had_begun_there_unless_that_goes_on(tmp_path):
    folder = tmp_path / "out"
    (folder / ".follow").mkdir(parents=True)
    lock = hold(folder / ".follow")
    with scratch_folder(tmp_path) as scratch:
        made = make_result(scratch / "made", a="new")
        with pytest.raises(OutputError, match="being written by `avsep follow`"):
            move_result(made, folder, force=True)
        assert names(folder) == [".follow"]
        os.close(lock)
        move_result(made, folder, force=True)
    assert names(folder) == ["a.wav", "manifest.json"]


@pytest.mark.parametrize("calls", range(5))
def test_an_exchange_that_was_cut_short_is_undone(tmp_path, monkeypatch, calls):
    """The run ends before its n-th change of the result's folder."""
    folder = make_result(tmp_path / "out", a="old")
    (folder / "notes.txt").write_text("dear")
    scratch = tmp_path / ".avsep-0123456789ab"
    made = make_result(scratch / "made", a="new", b="new")
    changed = []

    def stop_before(change):
        def count(path, *rest, **more):
            if folder in {path.parent, *(other.parent for other in rest)}:
                if len(changed) == calls:
                    raise KeyboardInterrupt
                changed.append(path)
            return change(path, *rest, **more)

        return count

    with monkeypatch.context() as patched:
        for name in ("unlink", "replace"):
            patched.setattr(Path, name, stop_before(getattr(Path, name)))
        with pytest.raises(KeyboardInterrupt):
            move_result(made, folder, force=True)
    clear_leftovers(tmp_path)
    assert names(folder) == ["a.wav", "manifest.json", "notes.txt"]
    assert (folder / "a.wav").read_text() == "old"
    assert names(tmp_path) == ["out"]


@pytest.fixture
def foreign(tmp_path):
    """A folder that somebody has sent, with a half-done exchange in it, and a home beside it."""
    sent, home = tmp_path / "home" / "sent", tmp_path / "home"
    scratch = sent / ".avsep-0123456789ab"
    make_result(scratch / "made", a="new")
    (scratch / "earlier").mkdir()
    (scratch / "earlier" / ".bashrc").write_text("theirs")
    (home / ".bashrc").write_text("mine")
    (home / "a.txt").write_text("mine")
    return sent


@pytest.mark.parametrize("way", ["link", "above", "damaged"])
def test_an_exchange_that_leads_elsewhere_is_not_undone(tmp_path, foreign, way):
    (foreign / "x").symlink_to(tmp_path / "home")
    exchange = {"folder": "x" if way == "link" else "..", "made": "made", "new": ["a.txt"]}
    text = "{" if way == "damaged" else json.dumps(exchange)
    (foreign / ".avsep-0123456789ab" / "exchange.json").write_text(text)
    clear_leftovers(foreign)
    assert (tmp_path / "home" / ".bashrc").read_text() == "mine"
    assert (tmp_path / "home" / "a.txt").read_text() == "mine"
    assert (foreign / ".avsep-0123456789ab" / "earlier" / ".bashrc").exists()


def test_an_exchange_that_is_interrupted_puts_the_earlier_result_back(tmp_path, monkeypatch):
    folder = make_result(tmp_path / "out", a="old", b="old")
    replace = Path.replace

    def interrupt(path: Path, target: Path) -> Path:
        if target == folder / "c.wav":
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt), scratch_folder(tmp_path) as scratch:
        move_result(make_result(scratch / "made", a="new", c="new"), folder, force=True)
    assert names(folder) == ["a.wav", "b.wav", "manifest.json"]
    assert (folder / "a.wav").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_place_that_may_not_be_seen_or_named_is_an_expected_failure(tmp_path, monkeypatch):
    with pytest.raises(OutputError, match="no name in UTF-8"):
        check_place(tmp_path / "d\udce9bat", force=False)

    def refuse(_path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(OutputError, match=r"can't be looked at \(Permission denied\)"):
        check_place(tmp_path / "out", force=False)


@pytest.mark.parametrize(
    "number",
    [
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.EROFS,
        errno.ESTALE,
    ],
)
def test_what_the_folder_refuses_is_an_expected_failure(tmp_path, number):
    with pytest.raises(OutputError, match=str(tmp_path)) as caught, scratch_folder(tmp_path):
        raise OSError(number, os.strerror(number))
    assert "--output-dir" in caught.value.hint
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "number", [errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK]
)
def test_a_file_system_without_locks_is_worked_on(tmp_path, monkeypatch, number):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with scratch_folder(tmp_path) as folder:
        (folder / "half.wav").touch()
        clear_leftovers(tmp_path)
        assert (folder / "half.wav").exists()
    assert names(tmp_path) == []


def test_a_folder_that_somebody_removes_meanwhile_is_an_expected_failure(tmp_path):
    with (
        pytest.raises(OutputError, match="can't be written to"),
        scratch_folder(tmp_path / "out") as folder,
    ):
        (shutil.rmtree(folder.parent) or folder / "half.wav").touch()


def test_a_failure_of_another_kind_is_left_as_it_is(tmp_path):
    with pytest.raises(MediaError, match="damaged"), scratch_folder(tmp_path):
        raise MediaError("it is damaged")
    with pytest.raises(FileNotFoundError), scratch_folder(tmp_path):
        (tmp_path / "absent").read_text()


def test_a_folder_that_is_a_file_is_an_expected_failure(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="can't be written to"),
        scratch_folder(tmp_path / "file"),
    ):
        pass
