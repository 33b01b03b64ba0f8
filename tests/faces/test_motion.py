from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from avsep.faces.detectors import load_detector
from avsep.faces.motion import is_photograph, measure_motion
from avsep.faces.scan import find_people
from avsep.media.ffmpeg import find_tool
from avsep.media.probing import probe
from avsep.media.reading import read_pictures

EXAMPLES = Path(__file__).parents[2] / "examples"
SIDE = 20


@pytest.mark.parametrize(
    ("frames", "moving", "expected"),
    [(60, 0, True), (600, 10, True), (600, 60, False), (60, 60, False), (49, 0, False)],
)
def test_a_mouth_that_never_moves_is_a_photograph(tmp_path, frames, moving, expected):
    mouths = np.full((frames, SIDE, SIDE), 100, np.uint8)
    mouths[:moving:2] += 3
    (tmp_path / "mouths.raw").write_bytes(mouths.tobytes())
    assert is_photograph(tmp_path / "mouths.raw", SIDE) == expected


def test_a_photograph_on_the_wall_is_left_out_and_people_beside_it_are_not(tmp_path):
    photo = "[1:v]trim=start_frame=50:end_frame=51,scale=640:360,crop=300:300:30:30"
    photo += ",loop=-1:1,setpts=N/25/TB[p]"
    scene = "[0:v]scale=640:360,pad=960:360:0:0:gray[a]"
    inputs = [word for name in ("debate", "same-sex") for word in ("-i", EXAMPLES / f"{name}.mp4")]
    command = [find_tool("ffmpeg"), "-v", "error", "-t", "3", *inputs, "-filter_complex"]
    command += [f"{photo};{scene};[a][p]overlay=650:30:shortest=1", "-an", "-c:v", "libx264"]
    subprocess.run([*command, "-preset", "veryfast", tmp_path / "poster.mp4"], check=True)
    detect = load_detector("retinaface", "cpu", 2)
    people = find_people(read_pictures(probe(tmp_path / "poster.mp4")), detect, tmp_path)
    assert len({clip.track.person for clip in people.clips}) == 2
    assert [dropped.reason for dropped in people.dropped] == [
        "its lips never move, as in a photograph"
    ]


def test_the_motion_of_a_mouth_is_that_of_its_middle():
    mouths = np.zeros((4, 10, 10), np.uint8)
    mouths[2:, 2:-2, 2:-2] = 6
    mouths[3, 0] = 200
    np.testing.assert_array_equal(measure_motion(mouths), [0, 6, 0])
