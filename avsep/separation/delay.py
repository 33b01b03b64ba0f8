"""By how much the sound of a recording is late against its pictures: the lips tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avsep.device import device_of
from avsep.faces.people import LipClip, Person
from avsep.media.sound import SoundReader
from avsep.model.cues import coarse_spectrum, find_peak, lag_scores
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BINS, analyse
from avsep.separation.enhance import grey_frames
from avsep.timeline import FRAME_RATE

# Frames to either side. More than training's 12, where a clip of 37 frames must do: here each
# window has 125, and most of them still overlap at the last lag.
REACH = 15
WINDOW = 5 * FRAME_RATE  # frames compared at once
WINDOWS = 10  # of a recording, so that a long one costs no more
# Correlation by which the peak stands above all other lags. In ten debates of
# `tools/debates.py` and the three examples it was 0.11 to 0.31 with a recording's own sound, above
# 0.15 but for one. Of the 156 times that one was given another's sound, 30 reached 0.068, nine
# 0.1, some of them with a voice that both hold, and one 0.135, the most.
CLEAR = 0.1


@dataclass(frozen=True, slots=True)
class Delay:
    """How late the sound is.

    Attributes:
        frames: 0 where nothing else is sure; negative where the sound is early.
        score: Mean correlation of what lips say and what is heard, at the best lag.
        margin: By how much it is above all lags farther off; 0 where nothing was compared.
    """

    frames: int = 0
    score: float = 0.0
    margin: float = 0.0

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.frames / FRAME_RATE


@torch.inference_mode()
def find_delay(network: SeparationNetwork, sound: SoundReader, people: Sequence[Person]) -> Delay:
    """Find the constant delay at which lips and sound agree best.

    What the lips of each person say is compared with the coarse spectrum of the whole sound, at
    every lag up to 15 frames; other voices blur that, many stretches sharpen it. (In the spirit
    of Chung and Zisserman, "Out of time", 2016.)

    Args:
        network: With lips that tell a cue.
        sound: The recording's.
        people: Everybody visible.
    """
    windows = choose_windows(people) if network.config.cue_bands else []
    if not windows:
        return Delay()
    scores = [compare(network, sound, clip, start) for clip, start in windows]
    return judge(np.mean(scores, axis=0))


def judge(scores: NDArray[np.floating]) -> Delay:
    """The delay that scores by lag speak for, shape (2 * REACH + 1,)."""
    lag, margin = find_peak(scores)
    return Delay(lag if margin > CLEAR else 0, float(scores.max()), margin)


def choose_windows(people: Sequence[Person]) -> Sequence[tuple[LipClip, int]]:
    """Stretches to compare, spread evenly over everybody's appearances: clip, first frame."""
    return thin(list(list_windows(people)), WINDOWS)


def list_windows(people: Sequence[Person]) -> Iterator[tuple[LipClip, int]]:
    """All stretches that can be compared: clip, first frame."""
    for person in people:
        for clip in person.clips:
            for start in range(max(0, clip.track.start), clip.track.stop - WINDOW + 1, WINDOW):
                yield clip, start


def thin(windows: Sequence[tuple[LipClip, int]], most: int) -> Sequence[tuple[LipClip, int]]:
    """At most so many stretches, spread evenly."""
    return windows[:: max(1, -(-len(windows) // most))]


def shift(people: Sequence[Person], frames: int) -> Iterator[Person]:
    """The same people, seen so many frames later."""
    for person in people:
        clips = [
            replace(clip, track=replace(clip.track, start=clip.track.start + frames))
            for clip in person.clips
        ]
        yield replace(person, clips=tuple(clips))


def compare(
    network: SeparationNetwork, sound: SoundReader, clip: LipClip, start: int
) -> NDArray[np.floating]:
    """Correlation at every lag of one stretch, shape (2 * REACH + 1,)."""
    device = device_of(network)
    mouths = clip.read(start, start + WINDOW)
    grey = grey_frames(mouths, np.ones(WINDOW, np.bool_), network.config.lip_size)
    _, cue = network.lips(grey[None].to(device))
    assert cue is not None
    heard = coarse_spectrum(_listen(sound, start).to(device), network.config.cue_bands)
    scores: NDArray[np.floating] = lag_scores(cue, heard, REACH)[0].cpu().numpy()
    return scores


def _listen(sound: SoundReader, start: int) -> Tensor:
    """Spectrum of the sound from a frame on, in the network's band, (1, bins, hops)."""
    per_frame = sound.sample_rate // FRAME_RATE
    samples = sound.read_mono(start * per_frame, (start + WINDOW) * per_frame)
    spectrum = analyse(torch.from_numpy(samples)[None], sound.sample_rate)
    return functional.pad(spectrum, (0, 0, 0, BINS - spectrum.shape[1]))
