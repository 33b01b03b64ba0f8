"""Where a sound that was recorded by itself belongs in a recording: found by comparing sounds.

First both are reduced to the onsets in some bands a hundred times a second; a piece of one is
looked for in the whole of the other. Then short windows are compared sample by sample, by the
phases of their spectra (GCC-PHAT: Knapp and Carter, 1976), from the piece outwards. So clocks that
run apart are followed, and seen as a line of delays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from avsep.arrays import Floats
from avsep.media.sound import SoundReader

RATE = 16_000  # Hz, at which sounds are compared
HOP = 160  # samples from one onset to the next: 10 ms
BANDS = (150, 300, 500, 800, 1200, 1800, 2700, 4000, 6500)  # Hz, edges
PIECE = 120 * RATE // HOP  # onsets of a piece that is looked for
LEAST = 3 * RATE // HOP  # onsets that must lie over each other
WINDOW = 6 * RATE  # samples that are compared at once
WINDOWS = 60  # at most, over the whole length
NEAR = RATE // 8  # samples around what is expected that are searched
FINER = 16  # steps in a sample
QUIET = 1e-10  # power of a window in which there is nothing to compare
# Peaks over the noise around them. The examples and their voices, compared in pairs at any place,
# reach 6.1 in a window if they have nothing in common. What has, reaches 14 and more, and still
# finds its place if the camera hears noise that is 9 dB louder than the voices.
CLEAR, SHARP = 4.5, 7.0
MORE = 1.1  # by how much the highest peak must stand above any elsewhere: music comes again
AGREE = 0.6  # share of windows with sound that must agree
APART = 0.001  # s, between a window's delay and the line through all
JUMP, ODD = 0.005, 0.1  # s that are no drift, and in which share of the windows they may be
DRIFTED = 0.0005  # s, over the whole length, from which on clocks are said to run apart


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a sound lies in a recording.

    Attributes:
        offset: Second of the recording at which the sound begins; negative if before it.
        drift: Seconds by which it falls behind in each second of the recording.
        found: Whether it was found, and not given.
    """

    offset: float
    drift: float = 0.0
    found: bool = True

    def find(self, second: float) -> float:
        """Where in the sound that is which is heard at a second of the recording."""
        return (second - self.offset) * (1 - self.drift)

    def find_stop(self, length: float) -> float:
        """At which second of the recording a sound of so many seconds ends."""
        return self.offset + length / (1 - self.drift)


class NotClearError(Exception):
    """Two sounds have nothing in common by which they could be laid over each other."""


def find_placing(recording: SoundReader, sound: SoundReader) -> Placing:
    """Where a sound lies in a recording, to a fraction of a millisecond.

    Args:
        recording: Sound of the recording, at `RATE`.
        sound: What is to be placed, at `RATE`.

    Raises:
        NotClearError: They don't fit, or at several places alike.
    """
    heard, searched = measure_onsets(recording), Searched(measure_onsets(sound))
    place, start = _find_piece(heard, searched)
    found, lost = _follow(recording, sound, place * HOP, start * HOP)
    for first, stop in lost:
        piece = heard[:, first // HOP : stop // HOP]
        score, lag = _find_peak(piece, searched)
        if score >= CLEAR:
            places = range(first, max(first + 1, stop - WINDOW + 1), WINDOW // 4)
            _refuse_other_place(recording, sound, places, first + lag * HOP)
    return _fit(np.array(found).reshape(-1, 2) / RATE)


def measure_onsets(sound: SoundReader) -> Floats:
    """How much louder each band is than just before, of mean 0 and power 1, (bands, hops)."""
    edges = np.searchsorted(fft.rfftfreq(2 * HOP, 1 / RATE), BANDS)
    shape = np.hanning(2 * HOP).astype(np.float32)
    blocks = []
    for start in range(0, sound.samples, 60 * RATE):
        stop = min(start + 60 * RATE, sound.samples)
        block = sound.read_mono(start, max(stop, start + HOP) + HOP)
        frames = np.lib.stride_tricks.sliding_window_view(block, 2 * HOP)[::HOP] * shape
        power = np.abs(fft.rfft(frames, axis=1)) ** 2
        blocks.append(np.add.reduceat(power, edges[:-1], axis=1)[:, : len(edges) - 1])
    power = np.concatenate(blocks).T if blocks else np.zeros((len(BANDS) - 1, 0))
    floor = np.maximum(power.mean(axis=1, keepdims=True) * 1e-3, 1e-12)
    rise = np.diff(np.log(power + floor), axis=1, prepend=0.0).clip(0, 4)
    rise[:, :1] = 0
    rise -= rise.mean(axis=1, keepdims=True) if rise.size else 0
    return np.asarray(rise / np.maximum(rise.std(axis=1, keepdims=True), 1e-6), np.float32)


@dataclass(slots=True, eq=False)
class Searched:
    """A sound in which pieces of another are looked for.

    Attributes:
        onsets: As `measure_onsets` gives them, (bands, hops).
    """

    onsets: Floats
    _known: tuple[int, NDArray[np.complex64]] | None = None

    def transform(self, size: int) -> NDArray[np.complex64]:
        """The spectra of what runs backwards; of hours they take seconds."""
        if self._known is None or self._known[0] != size:
            self._known = size, fft.rfft(self.onsets[:, ::-1], size)
        return self._known[1]


def _find_piece(recording: Floats, sound: Searched) -> tuple[int, int]:
    """The piece of a recording that fits best: its middle, and the sound's start, in hops."""
    best = (0.0, 0, 0)
    for first in range(0, max(1, recording.shape[1]), PIECE):
        piece = recording[:, first : first + PIECE]
        score, lag = _find_peak(piece, sound)
        best = max(best, (score, first + piece.shape[1] // 2, first + lag))
    if best[0] < CLEAR:
        raise NotClearError
    return best[1], best[2]


def _find_peak(piece: Floats, sound: Searched) -> tuple[float, int]:
    """How clearly a sound fits a piece, (bands, hops), and where in it that begins, in hops."""
    length, other = piece.shape[1], sound.onsets.shape[1]
    if min(length, other) < LEAST:
        return 0.0, 0
    lags = np.arange(1 - other, length)
    # A correlation is a convolution with what runs backwards. (scipy.signal, which has one,
    # takes longer to load than all else that is needed before the first frame.)
    size = fft.next_fast_len(len(lags), real=True)
    spectra = fft.rfft(piece, size) * sound.transform(size)
    sums = fft.irfft(spectra.sum(axis=0), size)[: len(lags)]
    shared = np.minimum(length, lags + other) - np.maximum(0, lags)
    scores = sums / np.sqrt(np.maximum(shared, 1))
    scores[shared < LEAST] = 0
    scores /= max(1e-9, 1.4826 * float(np.median(np.abs(scores[shared >= LEAST]))))
    top = int(scores.argmax())
    around = np.abs(lags - lags[top]) <= RATE // HOP // 2
    elsewhere = float(scores[~around].max(initial=0.0))
    clear = scores[top] > MORE * elsewhere
    return (float(scores[top]) if clear else 0.0), int(lags[top])


def _follow(
    recording: SoundReader, sound: SoundReader, middle: int, start: int
) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """Delays along the recording, from the piece that was found outwards.

    Args:
        recording: Sound of the recording.
        sound: What is to be placed.
        middle: Sample of the recording at which its start is known.
        start: Sample of the recording at which the sound begins.

    Returns:
        Samples of the recording, and where the sound would begin by what is heard there; and
        stretches of the recording, in samples, in which nothing in common is heard.

    Raises:
        NotClearError: Too few windows agree.
    """
    first, last = max(0, start), min(recording.samples, start + sound.samples)
    places = np.linspace(first, max(first, last - WINDOW), _count_windows(last - first))
    ahead = [int(place) for place in places if place >= middle - WINDOW]
    behind = [int(place) for place in reversed(places) if place < middle - WINDOW]
    heard = [pair for row in (ahead, behind) for pair in _compare(recording, sound, row, start)]
    found = [(place + WINDOW / 2, delay) for place, delay in heard if delay is not None]
    if not found or len(found) < AGREE * len(heard):
        raise NotClearError
    return found, _find_lost(sorted(heard))


def _find_lost(heard: Sequence[tuple[int, float | None]]) -> list[tuple[int, int]]:
    """Where windows follow each other in which nothing in common is heard, in samples."""
    runs = [list(run) for lost, run in groupby(heard, lambda pair: pair[1] is None) if lost]
    return [(run[0][0], run[-1][0] + WINDOW) for run in runs]


def _refuse_other_place(
    recording: SoundReader, sound: SoundReader, places: Sequence[int], start: int
) -> None:
    """Refuse a sound a stretch of which fits elsewhere: its recorder was stopped midway."""
    if any(delay is not None for _, delay in _compare(recording, sound, places, start)):
        raise NotClearError


def _count_windows(samples: int) -> int:
    return int(np.clip(2 * samples // WINDOW, 1, WINDOWS))


def _compare(
    recording: SoundReader, sound: SoundReader, places: Sequence[int], start: int
) -> Iterator[tuple[int, float | None]]:
    """Where the sound begins by each window in which there is something to hear."""
    expected = float(start)
    for place in places:
        lead = round(expected)
        one = recording.read_mono(place, place + WINDOW)
        two = sound.read_mono(place - lead, place - lead + WINDOW)
        if min(float(np.square(one).mean()), float(np.square(two).mean())) < QUIET:
            continue
        sharp, delay = measure_delay(one, two)
        if sharp < SHARP:
            yield place, None
            continue
        expected = lead + delay
        yield place, expected


def measure_delay(one: Floats, two: Floats) -> tuple[float, float]:
    """By how many samples a sound is late against another, from the phases of their spectra.

    Returns:
        How far the peak stands above the rest, and the delay of the first.
    """
    size = fft.next_fast_len(len(one) + NEAR, real=True)
    shape = np.hanning(len(one))
    cross = fft.rfft(one * shape, size) * fft.rfft(two * shape, size).conj()
    frequencies = fft.rfftfreq(size, 1 / RATE)
    cross /= np.maximum(np.abs(cross), 1e-12)
    cross[(frequencies < BANDS[0]) | (frequencies > BANDS[-1])] = 0
    whole = fft.irfft(cross, size)
    near: NDArray[np.float64] = np.concatenate([whole[-NEAR:], whole[: NEAR + 1]])
    top = int(near.argmax())
    sharp = float(near[top] / max(1e-12, float(np.sqrt(np.square(near).mean()))))
    return sharp, top - NEAR + _refine(cross, size, top - NEAR)


def _refine(cross: NDArray[np.complex128], size: int, lag: int) -> float:
    """Where between samples the peak lies, by adding up the waves there."""
    steps = np.arange(-FINER, FINER + 1) / FINER
    used = np.flatnonzero(cross)
    turns = np.exp(2j * np.pi * used[:, None] * (lag + steps)[None] / size)
    return float(steps[(cross[used, None] * turns).real.sum(0).argmax()])


def _fit(found: NDArray[np.float64]) -> Placing:
    """A line through delays at times, both in seconds, shape (windows, 2).

    Raises:
        NotClearError: They lie on none.
    """
    times, delays = found.T
    slope = _find_slope(times, delays)
    if abs(slope) * float(np.ptp(times)) < DRIFTED:
        slope = 0.0
    offset = float(np.median(delays - slope * times))
    away = np.abs(delays - slope * times - offset)
    on_it = away < APART
    if on_it.mean() < AGREE or (away > JUMP).mean() > ODD:
        raise NotClearError
    if slope:
        slope, offset = (float(x) for x in np.polyfit(times[on_it], delays[on_it], 1))
    # Where the sound begins, the line crosses the recording's time: t = offset + slope * t.
    return Placing(offset / (1 - slope), slope)


def _find_slope(times: NDArray[np.float64], delays: NDArray[np.float64]) -> float:
    """The median of the slopes between all windows (Theil and Sen): some may be wrong."""
    one, two = np.triu_indices(len(times), 1)
    apart = times[two] - times[one]
    far = apart > 0
    if not far.any():
        return 0.0
    return float(np.median((delays[two] - delays[one])[far] / apart[far]))
