"""Lips and sound compared, stretch by stretch, at every lag at which one may be late."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avsep.device import device_of
from avsep.faces.motion import measure_motion
from avsep.faces.people import LipClip, Person
from avsep.media.sound import SoundReader
from avsep.model.cues import coarse_spectrum, lag_scores
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BINS, analyse
from avsep.separation.enhance import grey_frames
from avsep.timeline import FRAME_RATE

Scores: TypeAlias = NDArray[np.floating]  # by lag, (2 * REACH + 1,)
Excerpt: TypeAlias = tuple[LipClip, int]  # and the first frame of the recording that is compared

# Frames to either side. More than training's 12, where a clip of 37 frames must do: here each
# window has 125, and most of them still overlap at the last lag.
REACH = 15
WINDOW = 5 * FRAME_RATE  # frames compared at once
# Of each person, so many of so many are compared: those in which the mouth moves most.
WINDOWS, LOOKED_AT = 8, 32
# Windows for which that is enough, about four minutes: of longer recordings each four minutes are
# looked at by themselves, since a delay may change; of the longest, so many parts.
ENOUGH, PARTS = 64, 12


def choose_windows(person: Person) -> list[Excerpt]:
    """Stretches of a person to compare, in order, spread over their appearances."""
    covering = cover(person)
    parts = min(PARTS, max(1, -(-len(covering) // ENOUGH)))
    windows = thin(covering, LOOKED_AT * parts)
    edges = np.linspace(0, len(windows), parts + 1).round().astype(int)
    parted = (windows[start:stop] for start, stop in pairwise(edges))
    return [window for part in parted for window in _choose_lively(part)]


def _choose_lively(windows: Sequence[Excerpt]) -> Sequence[Excerpt]:
    """Those in which the mouth moves most, in order."""
    if len(windows) <= WINDOWS:
        return windows
    motion = [measure_motion(clip.read(start, start + WINDOW)).mean() for clip, start in windows]
    return [windows[place] for place in sorted(np.argsort(motion)[-WINDOWS:])]


def cover(person: Person) -> list[Excerpt]:
    """Windows spread over all appearances, in order.

    Of their middles all lags are known; these meet, or nearly so.
    """
    return [(clip, start) for clip in person.clips for start in _cover(clip)]


def _cover(clip: LipClip) -> list[int]:
    start = max(0, clip.track.start)
    length = clip.track.stop - start
    if length < WINDOW:
        return []
    count = max(1, round((length - 2 * REACH) / (WINDOW - 2 * REACH)))
    return [round(place) for place in np.linspace(start, start + length - WINDOW, count)]


def thin(windows: Sequence[Excerpt], most: int) -> Sequence[Excerpt]:
    """At most so many stretches, spread evenly."""
    return windows[:: max(1, -(-len(windows) // most))]


@torch.inference_mode()
def compare(network: SeparationNetwork, sound: SoundReader, clip: LipClip, start: int) -> Scores:
    """Correlation at every lag of one stretch, shape (2 * REACH + 1,).

    What the lips say is compared with the coarse spectrum of the whole sound; other voices blur
    that, many stretches sharpen it. (In the spirit of Chung and Zisserman, "Out of time", 2016.)

    Args:
        network: With lips that tell a cue.
        sound: The recording's.
        clip: The lips.
        start: First frame of the stretch.
    """
    device = device_of(network)
    mouths = clip.read(start, start + WINDOW)
    grey = grey_frames(mouths, np.ones(WINDOW, np.bool_), network.config.lip_size)
    _, cue = network.read_lips(grey[None].to(device))
    assert cue is not None
    heard = coarse_spectrum(_listen(sound, start).to(device), network.config.cue_bands)
    scores: Scores = lag_scores(cue, heard, REACH)[0].cpu().numpy()
    return scores


def _listen(sound: SoundReader, start: int) -> Tensor:
    """Spectrum of the sound from a frame on, in the network's band, (1, bins, hops)."""
    per_frame = sound.sample_rate // FRAME_RATE
    samples = sound.read_mono(start * per_frame, (start + WINDOW) * per_frame)
    spectrum = analyse(torch.from_numpy(samples)[None], sound.sample_rate)
    return functional.pad(spectrum, (0, 0, 0, BINS - spectrum.shape[1]))
