"""One person's clips are joined over short gaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avsep.faces.people import LipClip, bridge
from avsep.faces.portraits import name_portrait
from avsep.faces.tracks import Track


def make_clip(folder: Path, start: int, values: list[int], person: int = 1) -> LipClip:
    """A clip of single pixels; boxes hold the same values."""
    path = folder / f"{person}-{start}.raw"
    np.array(values, np.uint8).tofile(path)
    rows = np.array(values, np.float32)[:, None]
    track = Track(person, start, rows.repeat(4, 1), rows[..., None].repeat(5, 1).repeat(2, 2), 0)
    np.full((160, 160, 3), start, np.uint8).tofile(name_portrait(path))
    return LipClip(track, path, 1)


def test_where_a_person_is_lost_for_a_moment_the_nearest_look_stands_in(tmp_path: Path) -> None:
    clips = [make_clip(tmp_path, 0, [1, 2]), make_clip(tmp_path, 5, [6, 7, 8])]
    (clip,) = bridge(clips, 3)
    assert clip.read(0, 8).ravel().tolist() == [1, 2, 2, 2, 6, 6, 7, 8]
    assert clip.track.boxes[:, 0].tolist() == [1, 2, 2, 2, 6, 6, 7, 8]
    assert clip.track.points.shape == (8, 5, 2)
    assert clip.portrait[0, 0, 0] == 5  # of the longer one
    assert {file.stem for file in tmp_path.iterdir()} == {"1-0"}


def test_only_one_persons_clips_are_bridged_and_only_short_gaps(tmp_path: Path) -> None:
    clips = [
        make_clip(tmp_path, 0, [1]),
        make_clip(tmp_path, 5, [2]),
        make_clip(tmp_path, 2, [3], person=2),
    ]
    assert [clip.track.start for clip in bridge(clips, 3)] == [0, 2, 5]
