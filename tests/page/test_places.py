"""Where results go."""

from __future__ import annotations

from avsep.options import Options
from avsep.page.places import choose_name


def test_recordings_of_nearly_one_name_have_results_of_their_own(tmp_path):
    for name in ("a.mp4", "A.mov", "a.srt", "b.mp4", "b.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert choose_name(tmp_path / "b.mp4", Options()) == "b"
    assert choose_name(tmp_path / "a.mp4", Options()) == "a.mp4"
    assert choose_name(tmp_path / "A.mov", Options()) == "A.mov"
    part = Options(ranges=("0:10-0:20",))
    assert choose_name(tmp_path / "a.mp4", part) == "a.mp4@0m10s-0m20s"
