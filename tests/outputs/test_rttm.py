"""Who speaks when, as other programs read it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from avsep.outputs.rttm import write_rttm


def test_turns_are_in_order_of_time_and_names_are_one_word(tmp_path):
    speakers = [
        SimpleNamespace(name="Anna K", speaking=((0, 50), (100, 125))),
        SimpleNamespace(name="Ben", speaking=((25, 75),)),
    ]
    info = SimpleNamespace(path=Path("the debate.mp4"))
    separation = SimpleNamespace(info=info, heard=speakers, folder=tmp_path)
    (path,) = write_rttm(separation)
    assert path == tmp_path / "the debate.rttm"
    assert path.read_text().splitlines() == [
        "SPEAKER the_debate 1 0.00 2.00 <NA> <NA> Anna_K <NA> <NA>",
        "SPEAKER the_debate 1 1.00 2.00 <NA> <NA> Ben <NA> <NA>",
        "SPEAKER the_debate 1 4.00 1.00 <NA> <NA> Anna_K <NA> <NA>",
    ]


def test_names_that_are_one_word_stay_apart(tmp_path):
    speakers = [
        SimpleNamespace(name="Anna B", speaking=((0, 25),)),
        SimpleNamespace(name="Anna_B", speaking=((25, 50),)),
    ]
    info = SimpleNamespace(path=Path("debate.mp4"))
    (path,) = write_rttm(SimpleNamespace(info=info, heard=speakers, folder=tmp_path))
    assert [line.split()[7] for line in path.read_text().splitlines()] == ["Anna_B", "Anna_B_2"]
