"""Separators that processes of their own can load by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NoReturn

import numpy as np

from avsep import pipeline
from avsep.arrays import Image
from avsep.errors import FaceError
from avsep.faces.detectors import Face, FaceDetector
from avsep.model.network import SeparationNetwork
from avsep.pipeline import Separator, SeparatorConfig

POINTS = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)
BOX = np.array([5, 5, 35, 45], np.float32)
EYES_TO_MOUTH = [(-8, -8), (8, -8), (0, 0), (-6, 9), (6, 9)]


def face(x: float, y: float = 50) -> Face:
    """A face about a nose at x, y."""
    points = np.array([(x + dx, y + dy) for dx, dy in EYES_TO_MOUTH], np.float32)
    return Face(np.array([x - 20, y - 25, x + 20, y + 25], np.float32), points, 0.99)


def see_one_face(image: Image) -> list[Face]:
    del image
    return [Face(BOX, POINTS, 0.99)]


def make_separator(weights: Path, network: SeparationNetwork, detect: FaceDetector) -> Separator:
    separator = Separator.of(SeparatorConfig(weights, "cpu"), network)
    separator.detect, separator.embed = detect, None
    return separator


def build(weights: Path, network: SeparationNetwork) -> Separator:
    return make_separator(weights, network, see_one_face)


def build_to_die(weights: Path, network: SeparationNetwork) -> Separator:
    """The process is killed, as by a machine that runs out of memory."""
    return make_separator(weights, network, lambda _: os.kill(os.getpid(), signal.SIGKILL))


def build_nobody(weights: Path, network: SeparationNetwork) -> Separator:
    """What goes with the network can't be loaded."""
    raise FaceError("the weights of the detector can't be fetched", hint="Copy them here.")


def build_without_memory(weights: Path, network: SeparationNetwork) -> Separator:
    """Torch's own words where a machine has no memory left."""
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")


def build_wrongly(weights: Path, network: SeparationNetwork) -> Separator:
    """A mistake of ours."""
    raise LookupError("nobody expected this")


def build_to_wait(note: Path, weights: Path, network: SeparationNetwork) -> Separator:
    """The process says who it is, and never comes back."""

    def wait(*_: object) -> NoReturn:
        note.write_text(str(os.getpid()))
        time.sleep(600)
        raise AssertionError

    pipeline.separate = wait  # faces are searched in threads, which end first
    return make_separator(weights, network, see_one_face)
