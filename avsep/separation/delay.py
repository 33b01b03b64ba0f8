"""By how much the sound of a recording is late against its pictures: the lips tell."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from avsep.faces.people import LipClip, Person
from avsep.faces.placing import cut_clip
from avsep.media.sound import SoundReader
from avsep.model.cues import SLOPE, find_peak
from avsep.model.network import SeparationNetwork
from avsep.separation.comparison import (
    REACH,
    WINDOW,
    WINDOWS,
    Excerpt,
    Scores,
    choose_windows,
    compare,
    cover,
    thin,
)
from avsep.timeline import FRAME_RATE, Seconds

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
# How much better the windows after a change have to agree in all, that it is believed; half of it
# for a change of few frames. Of the same people, none of those who stayed in step was moved with
# 8 to 24 windows. Where half of 12 or 24 windows were 5 frames late, 96 and 99 % of all windows
# came to lie a frame off or less; where a quarter of them were, 87 and 98 %; where the sound
# drifted by 8 frames, 71 and 89 %.
CHANGE, FEW = 0.8, 2
# By how much windows have to agree better at their lags than at others on the average, that
# changes are believed. So 97 to 100 % of the true ones are. Of people who only listened the lag
# seemed to change in 12 % with 8 windows and in 78 % with 32; so it does in 6 and 1 %.
AGREED = 0.12
CLOSER = 3  # times that a change is looked for more closely: at first ten minutes may lie between


class Step(NamedTuple):
    """A delay, and the frame of the pictures from which on it holds."""

    start: int
    frames: int

    @property
    def seconds(self) -> Seconds:
        """The second from which on it holds, and how late the sound is then."""
        return self.start / FRAME_RATE, self.frames / FRAME_RATE


@dataclass(frozen=True, slots=True)
class Delay:
    """How late the sound is.

    Attributes:
        frames: What holds for most; 0 where nothing else is sure, negative where it is early.
        score: Mean correlation of what lips say and what is heard, at the best lag.
        margin: By how much it is above all lags farther off; 0 where nothing was compared.
        own: Of people whose lips say otherwise, by their numbers: a guest on a link may be out of
            step where the studio is not, or from some frame on.
    """

    frames: int = 0
    score: float = 0.0
    margin: float = 0.0
    own: Mapping[int, tuple[Step, ...]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """What holds for all others, in seconds."""
        return self.frames / FRAME_RATE

    @property
    def all(self) -> list[int]:
        """Every number of frames that somebody's lips may be moved by."""
        return [self.frames, *(step.frames for steps in self.own.values() for step in steps)]

    def of(self, number: int) -> tuple[Step, ...]:
        """By how much the sound is late against a person's lips, in order."""
        return self.own.get(number, (Step(0, self.frames),))


def find_delay(network: SeparationNetwork, sound: SoundReader, people: Sequence[Person]) -> Delay:
    """Find the delays at which lips and sound agree best, and where they change.

    Args:
        network: With lips that tell a cue.
        sound: The recording's.
        people: Everybody visible.
    """
    if not network.config.cue_bands:
        return Delay()
    compared = {
        person.number: {
            start: compare(network, sound, clip, start) for clip, start in choose_windows(person)
        }
        for person in people
    }
    delay = judge({number: [*scores.values()] for number, scores in compared.items()})
    own = dict(delay.own)
    for person in people:
        (believed,) = delay.of(person.number)
        steps = _find_steps(network, sound, person, compared[person.number], believed.frames)
        if steps != (believed,):
            own[person.number] = steps
    return replace(delay, own=own)


def _find_steps(
    network: SeparationNetwork,
    sound: SoundReader,
    person: Person,
    compared: Mapping[int, Scores],
    believed: int,
) -> tuple[Step, ...]:
    """How a person's delay changes; near a change more windows are compared than those given."""
    scores = dict(compared)
    steps = trace(scores, believed)
    for _ in range(CLOSER):
        for clip, start in _find_between(person, sorted(scores), steps):
            scores[start] = compare(network, sound, clip, start)
        steps = trace(scores, believed)
    return steps


def judge(scores: Mapping[int, Sequence[Scores]]) -> Delay:
    """The constant delays that scores speak for.

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
    moved = {number: (Step(0, lag),) for number, lag in own.items() if lag != most}
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


def trace(compared: Mapping[int, Scores], believed: int) -> tuple[Step, ...]:
    """The lags at which windows agree best in all, where every change has its price.

    Args:
        compared: Scores of a person's windows by their first frames, each (2 * REACH + 1,).
        believed: The lag that holds unless it changes; it does at the beginning or in the end,
            where another isn't worth a change of its own.
    """
    if not compared:
        return (Step(0, believed),)
    starts = sorted(compared)
    windows = [compared[start] for start in starts]
    onwards, back = _find_path(windows, believed), _find_path(windows[::-1], believed)
    lags = onwards[1] if onwards[0] >= back[0] else back[1][::-1]
    changes = zip(pairwise(starts), pairwise(lags), strict=True)
    later = [
        Step((before + after + WINDOW) // 2, lag)
        for (before, after), (earlier, lag) in changes
        if lag != earlier
    ]
    agreed = [
        window[REACH + lag] - window.mean() for window, lag in zip(windows, lags, strict=True)
    ]
    sure = later and np.mean(agreed) > AGREED
    return (Step(0, lags[0]), *later) if sure else (Step(0, believed),)


def _find_path(windows: Sequence[Scores], believed: int) -> tuple[float, list[int]]:
    """How well windows agree along the best sequence of lags (Viterbi 1967), and that."""
    lags = np.arange(-REACH, REACH + 1)
    apart = np.abs(lags[:, None] - lags)
    price = CHANGE * np.select([apart > FEW, apart > 0], [1.0, 0.5], 0.0)
    total, origins = windows[0] - price[REACH + believed], []
    for window in windows[1:]:
        ways = total[:, None] - price
        origins.append(ways.argmax(axis=0))
        total = ways.max(axis=0) + window
    places = [int(total.argmax())]
    for origin in reversed(origins):
        places.append(int(origin[places[-1]]))
    return float(total.max()), [place - REACH for place in reversed(places)]


def _find_between(
    person: Person, starts: Sequence[int], steps: Sequence[Step]
) -> Iterator[Excerpt]:
    """Windows between those that were compared before and after each change."""
    for step in steps[1:]:
        place = bisect_left(starts, step.start - WINDOW // 2)
        low, high = starts[place - 1], starts[place]
        between = [(clip, start) for clip, start in cover(person) if low < start < high]
        yield from thin(between, WINDOWS)


def shift(people: Sequence[Person], delay: Delay, later: int = 0) -> Iterator[Person]:
    """The same people, seen when what their lips say is heard.

    Args:
        people: As they are seen.
        delay: Of the sound.
        later: Frames by which all are moved besides.
    """
    for person in people:
        steps = delay.of(person.number)
        clips = (moved for clip in person.clips for moved in _move(clip, steps, later))
        yield replace(person, clips=tuple(clips))


def _move(clip: LipClip, steps: Sequence[Step], later: int) -> Iterator[LipClip]:
    """A clip by its delay; where that changes, frames are shown twice or left out."""
    changes = [after.start + max(before.frames, after.frames) for before, after in pairwise(steps)]
    edges = [clip.track.start - REACH, *changes, clip.track.stop + REACH]
    for step, (start, stop) in zip(steps, pairwise(edges), strict=True):
        shown = start - step.frames, stop - step.frames
        yield from cut_clip(clip, [shown], -step.frames - later)
