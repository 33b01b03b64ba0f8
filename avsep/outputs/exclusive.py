"""One speaker at a time: of those who speak at once the loudest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from avsep.arrays import Floats, Marks
from avsep.separation.activity import SHORTEST, measure_frames
from avsep.separation.recording import Separation, Speaker
from avsep.separation.unseen import UnseenSpeaker
from avsep.timeline import FRAME_RATE, Span, find_spans

# Frames over which powers are averaged, so that a pause between two words hands nobody the turn.
# Chosen by hand.
AROUND = FRAME_RATE
NOBODY = -1
SETTLED = 2 * SHORTEST - 1  # frames of which a turn must have most


def part_speech(separation: Separation) -> list[tuple[Span, ...]]:
    """When each speaker speaks and no other does, or none so loud."""
    frames = separation.people.frames
    powers = [_measure(speaker, frames) for speaker in separation.heard]
    return choose_loudest([speaker.speaking for speaker in separation.heard], powers)


def choose_loudest(
    speaking: Sequence[Sequence[Span]], powers: Sequence[Floats]
) -> list[tuple[Span, ...]]:
    """Leave each frame to the loudest of those who speak in it.

    Args:
        speaking: When each speaks, in frames.
        powers: How loud each is in every frame, (frames,).
    """
    if not powers:
        return []
    loudness = np.full((len(powers), len(powers[0])), -1.0)
    for row, (spans, power) in enumerate(zip(speaking, powers, strict=True)):
        averaged = uniform_filter1d(power.astype(np.float64), AROUND, mode="nearest")
        for start, stop in spans:
            loudness[row, start:stop] = np.maximum(averaged[start:stop], 0)
    there = loudness >= 0
    loudest = _settle(loudness.argmax(0), there)
    return [find_spans(there[row] & (loudest == row)) for row in range(len(loudness))]


def _settle(loudest: NDArray[np.intp], there: Marks) -> NDArray[np.intp]:
    """Let short turns go to who has most of the frames around.

    Args:
        loudest: Of each frame, (frames,).
        there: Who speaks in it, (people, frames).
    """
    wins = (loudest == np.arange(len(there))[:, None]) & there
    share = uniform_filter1d(wins.astype(np.float64), SETTLED, axis=-1, mode="nearest")
    settled: NDArray[np.intp] = np.where(there, share, -1.0).argmax(0)
    return _join_short(np.where(there.any(0), settled, NOBODY), there)


def _join_short(turns: NDArray[np.intp], there: Marks) -> NDArray[np.intp]:
    """Let what is left of short turns, where speech begins or ends, go to a neighbour.

    Args:
        turns: Whose each frame is, (frames,).
        there: Who speaks in it, (people, frames).
    """
    edges = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(turns)]
    joined = turns.copy()
    for start, stop in pairwise(edges):
        if stop - start >= SHORTEST or joined[start] == NOBODY:
            continue
        beside = (
            joined[start - 1] if start else NOBODY,
            joined[stop] if stop < len(turns) else NOBODY,
        )
        for other in beside:
            if other != NOBODY and there[other, start:stop].all():
                joined[start:stop] = other
                break
    return joined


def _measure(speaker: Speaker | UnseenSpeaker, frames: int) -> Floats:
    """Power of a voice in every frame, as loud as it is in the recording."""
    voice = speaker.voice
    power: Floats = measure_frames(voice.narrow, frames) / 10 ** (voice.narrow_gain / 10)
    return power
