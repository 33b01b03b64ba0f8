"""Detectors that processes of their own can load by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from avsep.faces import Face, FaceDetector
from avsep.media import Image

POINTS = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)
BOX = np.array([5, 5, 35, 45], np.float32)


def see_one_face(image: Image) -> list[Face]:
    del image
    return [Face(BOX, POINTS, 0.99)]


def detect_one_face() -> FaceDetector:
    return see_one_face


def detect_and_die() -> FaceDetector:
    """A detector whose process is killed, as by a machine that runs out of memory."""
    return lambda _: os.kill(os.getpid(), signal.SIGKILL)


def detect_and_wait(note: Path) -> FaceDetector:
    """A detector that says whose process it is in, and never comes back."""

    def wait(_: Image) -> list[Face]:
        note.write_text(str(os.getpid()))
        time.sleep(600)
        return []

    return wait
