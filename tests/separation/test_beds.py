"""What the files of a result are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from avsep.errors import SettingError
from avsep.media.probing import MediaInfo
from avsep.media.streams import Selection
from avsep.options import Options
from avsep.separation.beds import Bed, name_stems

INFO = MediaInfo(Path("debate.mp4"), 1.0, (), (), Selection((), None))


def test_voices_then_the_rest_then_whom_nobody_sees():
    beds = [Bed("Anna", (1,)), Bed("GOV", (2, 3))]
    options = Options(file_names="{input}-{number}-{speaker}")
    assert name_stems(INFO, beds, {4: "Chair"}, options) == [
        "debate-1-Anna",
        "debate-2-GOV",
        "debate-0-rest",
        "debate-4-Chair",
    ]


@pytest.mark.parametrize(
    ("seen", "unseen"),
    [({1: "A1", 11: "A"}, {}), ({1: "a1", 11: "A"}, {}), ({1: "A1"}, {11: "A"})],
)
def test_no_two_files_are_called_the_same(seen, unseen):
    beds = [Bed(name, (number,)) for number, name in seen.items()]
    with pytest.raises(SettingError, match="two files would be called 'A11'"):
        name_stems(INFO, beds, unseen, Options(file_names="{speaker}{number}"))
