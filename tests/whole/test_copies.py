"""Somebody who is shown twice in one picture, by the real detector and embedder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from avsep.faces.cast import Cast
from avsep.faces.detectors import FaceDetector, retinaface
from avsep.faces.embedding import load_embedder
from avsep.faces.identity import Embedder
from avsep.faces.scan import Looking, find_people
from avsep.follow.watching import Watcher
from avsep.media.picture import Picture
from avsep.media.probing import probe
from avsep.media.reading import read_frames
from picture_set import as_picture

DEBATE = Path(__file__).parents[2] / "examples" / "debate.mp4"
REASON = "shown a second time: speaker-1"


@pytest.fixture(scope="module")
def pictures() -> Sequence[Picture]:
    """Two people, and below them the first of them on a screen."""
    made = []
    for frame in islice(read_frames(probe(DEBATE)), 100):
        screen = cv2.resize(frame[:, :640], (320, 360), interpolation=cv2.INTER_AREA)
        below = np.zeros((360, frame.shape[1], 3), np.uint8)
        below[:, 480:800] = screen
        made.append(as_picture(np.concatenate([frame, below])))
    return made


@pytest.fixture(scope="module")
def detect() -> FaceDetector:
    return retinaface()


@pytest.fixture(scope="module")
def embed() -> Embedder:
    return load_embedder()


def test_whoever_is_on_a_screen_too_has_one_voice(pictures, detect, embed, tmp_path):
    people = find_people(pictures, detect, tmp_path, embed=embed)
    left, right = people.persons
    assert left.clips[0].track.boxes[0, 2] < 640 < right.clips[0].track.boxes[0, 0]
    assert max(float(clip.track.boxes[:, 3].max()) for clip in people.clips) < 720
    assert [dropped.reason for dropped in people.dropped] == [REASON]
    assert float(people.dropped[0].track.boxes[:, 1].min()) > 720


def test_whoever_is_on_a_screen_too_has_one_voice_while_the_recording_arrives(
    pictures, detect, embed, tmp_path
):
    watcher = Watcher(Looking(detect, embed, 80), tmp_path, Cast())
    for picture in pictures:
        watcher.take(picture, cut=0)
        watcher.settle(0)
    assert [person.number for person in watcher.find_people(0, len(pictures))] == [1, 2]
    watcher.end()
    watcher.settle(0)
    seen = [own.box[3] < 720 for own, _ in watcher.list_seen()]
    assert seen == [True, True]
    assert [str(fault) for _, fault in watcher.dropped] == [REASON]
