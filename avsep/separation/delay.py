"""By how much the sound of a recording is late against its pictures: the lips tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from avsep.model.cues import SLOPE, coarse_spectrum, find_peak, lag_scores
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BINS, analyse
from avsep.separation.enhance import grey_frames
from avsep.timeline import FRAME_RATE

Scores: TypeAlias = NDArray[np.floating]  # by lag, (2 * REACH + 1,)

# Frames to either side. More than training's 12, where a clip of 37 frames must do: here each
# window has 125, and most of them still overlap at the last lag.
REACH = 15
WINDOW = 5 * FRAME_RATE  # frames compared at once
WINDOWS = 8  # of each person, so that a long recording costs no more
LOOKED_AT = 4 * WINDOWS  # of each person; those are compared in which the mouth moves most
# Correlation by which the peak of one window stands above all other lags; that of the mean of n
# windows is trusted from 1 / sqrt(n) of it on. Of 22 people kept out of training, each mixed with
# another as loud, so many then had a clear peak, and so many of these were at most one frame off:
# with one window 27 and 98 %, with two 55 and 99.8 %, with five 93 and 99.4 %, with eight all.
# With the sound of two others one or two in a hundred had.
CLEAR = 0.22
# By how much the best lag of one window has to be better than the one that was believed in: 0, or
# what all windows together say. Of those who were in step and clear, 26 to 7 % would be moved by
# a frame without that, so 7 to 0.4 %. Where no lag is clear, one near what is believed is taken
# on the same condition: that leaves 95 to 99 % of those who are in step where they are, and
# brings 92 to 96 % of those who are two frames off to one frame or less.
BETTER = 0.06


@dataclass(frozen=True, slots=True)
class Delay:
    """How late the sound is.

    Attributes:
        frames: What holds for most; 0 where nothing else is sure, negative where it is early.
        score: Mean correlation of what lips say and what is heard, at the best lag.
        margin: By how much it is above all lags farther off; 0 where nothing was compared.
        own: The same for people whose lips say otherwise, by their numbers: a guest on a link may
            be out of step where the studio is not.
    """

    frames: int = 0
    score: float = 0.0
    margin: float = 0.0
    own: Mapping[int, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """What holds for all others, in seconds."""
        return self.frames / FRAME_RATE

    @property
    def all(self) -> list[int]:
        """Every number of frames that somebody's lips may be moved by."""
        return [self.frames, *self.own.values()]

    def of(self, number: int) -> int:
        """Frames by which the sound is late against a person's lips."""
        return self.own.get(number, self.frames)


@torch.inference_mode()
def find_delay(network: SeparationNetwork, sound: SoundReader, people: Sequence[Person]) -> Delay:
    """Find the constant delays at which lips and sound agree best.

    What the lips of each person say is compared with the coarse spectrum of the whole sound, at
    every lag up to 15 frames; other voices blur that, many stretches sharpen it. (In the spirit
    of Chung and Zisserman, "Out of time", 2016.)

    Args:
        network: With lips that tell a cue.
        sound: The recording's.
        people: Everybody visible.
    """
    if not network.config.cue_bands:
        return Delay()
    scores = {
        person.number: [
            compare(network, sound, clip, start) for clip, start in choose_windows(person)
        ]
        for person in people
    }
    return judge(scores)


def judge(scores: Mapping[int, Sequence[Scores]]) -> Delay:
    """The delays that scores speak for.

    Args:
        scores: Of each person's windows, by their numbers, each of shape (2 * REACH + 1,).
    """
    scores = {number: windows for number, windows in scores.items() if len(windows)}
    everybody = [window for windows in scores.values() for window in windows]
    if not everybody:
        return Delay()
    common = _choose_lag(everybody, [0])
    own = {number: _choose_lag(windows, [0, common]) for number, windows in scores.items()}
    lags = [*own.values()]
    most = min(lags, key=lambda lag: (-lags.count(lag), abs(lag)))
    mean = np.mean(everybody, axis=0)
    moved = {number: lag for number, lag in own.items() if lag != most}
    return Delay(most, float(mean.max()), find_peak(mean)[1], moved)


def _choose_lag(windows: Sequence[Scores], believed: Sequence[int]) -> int:
    """The lag at which windows agree best, where they say so clearly, or near one believed in."""
    mean, trust = np.mean(windows, axis=0), len(windows) ** 0.5
    base = max(believed, key=lambda lag: mean[REACH + lag])
    lag, margin = find_peak(mean)
    if margin * trust <= CLEAR:
        near = range(max(-REACH, base - SLOPE), min(REACH, base + SLOPE) + 1)
        lag = max(near, key=lambda lag: mean[REACH + lag])
    better = float(mean[REACH + lag] - mean[REACH + base])
    return lag if better * trust > BETTER else base


def choose_windows(person: Person) -> Sequence[tuple[LipClip, int]]:
    """Stretches of a person to compare, spread over their appearances: clip, first frame."""
    covering = [(clip, start) for clip in person.clips for start in _cover(clip)]
    windows = thin(covering, LOOKED_AT)
    if len(windows) <= WINDOWS:
        return windows
    motion = [measure_motion(clip.read(start, start + WINDOW)).mean() for clip, start in windows]
    return [windows[place] for place in sorted(np.argsort(motion)[-WINDOWS:])]


def _cover(clip: LipClip) -> list[int]:
    """First frames of windows whose middles, of which all lags are known, cover a clip."""
    start = max(0, clip.track.start)
    length = clip.track.stop - start
    if length < WINDOW:
        return []
    count = max(1, round((length - 2 * REACH) / (WINDOW - 2 * REACH)))
    return [round(place) for place in np.linspace(start, start + length - WINDOW, count)]


def list_windows(people: Sequence[Person]) -> Iterator[tuple[LipClip, int]]:
    """All stretches that can be compared: clip, first frame."""
    for person in people:
        for clip in person.clips:
            for start in range(max(0, clip.track.start), clip.track.stop - WINDOW + 1, WINDOW):
                yield clip, start


def thin(windows: Sequence[tuple[LipClip, int]], most: int) -> Sequence[tuple[LipClip, int]]:
    """At most so many stretches, spread evenly."""
    return windows[:: max(1, -(-len(windows) // most))]


def shift(people: Sequence[Person], delay: Delay, later: int = 0) -> Iterator[Person]:
    """The same people, seen when what their lips say is heard.

    Args:
        people: As they are seen.
        delay: Of the sound.
        later: Frames by which all are moved besides.
    """
    for person in people:
        frames = delay.of(person.number) + later
        clips = [
            replace(clip, track=replace(clip.track, start=clip.track.start + frames))
            for clip in person.clips
        ]
        yield replace(person, clips=tuple(clips))


def compare(network: SeparationNetwork, sound: SoundReader, clip: LipClip, start: int) -> Scores:
    """Correlation at every lag of one stretch, shape (2 * REACH + 1,)."""
    device = device_of(network)
    mouths = clip.read(start, start + WINDOW)
    grey = grey_frames(mouths, np.ones(WINDOW, np.bool_), network.config.lip_size)
    _, cue = network.lips(grey[None].to(device))
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
