"""The folder of a result that grows: what is replaced there, and what stays."""

from __future__ import annotations

import json

import pytest

from avsep.errors import OutputError
from avsep.follow.store import OPTIONS, State, Store, claim


def begin(folder, people=1):
    """What a run that was killed leaves of a recording called g."""
    claim(folder, "g", is_pipe=False, force=False)
    store = Store(folder, "g")
    store.open(State("0:", 8000, 1, faces=[[[1.0]]] * people))
    store.tell({"state": "following"})
    store.save()
    store.close(keep=True)


def test_force_removes_what_was_begun_and_nothing_of_the_users(tmp_path):
    folder = tmp_path / "g"
    begin(folder)
    for name in ("speaker-notes.wav", "speaker-2.wav", "team.live.jsonl"):
        (folder / name).write_text("mine")
    assert (folder / "speaker-1.wav").exists()
    claim(folder, "g", is_pipe=False, force=True)
    kept = {path.name for path in folder.iterdir()}
    assert kept == {"speaker-notes.wav", "speaker-2.wav", "team.live.jsonl", ".follow"}


@pytest.mark.parametrize(("options", "is_refused"), [({}, True), (OPTIONS, False)])
def test_what_split_has_made_there_meanwhile_is_not_gone_on_with(tmp_path, options, is_refused):
    folder = tmp_path / "g"
    begin(folder)
    (folder / "manifest.json").write_text(json.dumps({"avsep": "0", "options": options}))
    if not is_refused:
        assert claim(folder, "g", is_pipe=False, force=False) == folder
        return
    with pytest.raises(OutputError, match="exists already"):
        claim(folder, "g", is_pipe=False, force=False)
    assert (folder / "manifest.json").exists()


def test_a_sound_that_is_none_of_this_recording_costs_nothing(tmp_path):
    folder = tmp_path / "g"
    begin(folder)
    (folder / "manifest.json").write_text("{}")
    (folder / "rest.wav").write_bytes(b"x" * 200)
    store = Store(folder, "g")
    with pytest.raises(OutputError, match=r"rest\.wav is no sound file of this recording"):
        store.open(State("0:", 8000, 1))
    assert (folder / "manifest.json").exists()


def test_two_at_once_are_refused(tmp_path):
    folder = claim(tmp_path / "g", "g", is_pipe=False, force=False)
    first = Store(folder, "g")
    with pytest.raises(OutputError, match="being written by another"):
        Store(folder, "g")
    first.close(keep=False)
