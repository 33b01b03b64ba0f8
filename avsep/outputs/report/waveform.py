"""Sound as a picture: its loudness and its frequencies over time."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from avsep.arrays import Floats
from avsep.drawing import Figure
from avsep.media.sound import SoundFileReader
from avsep.separation.activity import QUIET

COLUMNS = 1200  # points in time
HIGHEST = 8000  # Hz
WINDOW = 0.032  # s; frequencies are told apart at 1 / WINDOW Hz
DEPTH = 70.0  # dB from the darkest to the brightest
DOTS = 100  # per inch of the drawing
HEIGHTS = 60, 100  # px, of the waveform and of the spectrogram
# Neither light nor dark paper swallows it.
INK = "#7a8794"
COLOURS = "magma"


@dataclass(frozen=True, slots=True, eq=False)
class SoundShape:
    """A sound, reduced to what a drawing can show.

    Attributes:
        peaks: Largest amplitude around each point in time, shape (COLUMNS,).
        levels: Power in dB, the lowest frequency first, shape (frequencies, COLUMNS).
    """

    peaks: Floats
    levels: Floats


def measure_shape(path: Path, weights: Floats | None = None) -> SoundShape:
    """Read a sound file piece by piece, however long it is, all channels as one.

    Args:
        path: The file.
        weights: Of its channels; by default their mean is drawn.
    """
    with closing(SoundFileReader(path, weights)) as sound:
        window = round(sound.sample_rate * WINDOW)
        edges = np.linspace(0, sound.samples, COLUMNS + 1).astype(int).tolist()
        pieces = (_read_around(sound, start, stop, window) for start, stop in pairwise(edges))
        columns = [(np.abs(piece).max(), _measure_levels(piece, window)) for piece in pieces]
    peaks, levels = zip(*columns, strict=True)
    lowest = round(HIGHEST * WINDOW)
    return SoundShape(np.array(peaks, np.float32), np.stack(levels, axis=1)[:lowest])


def _read_around(sound: SoundFileReader, start: int, stop: int, window: int) -> Floats:
    """A piece of sound, longer if it would not fill a window."""
    missing = max(0, window - (stop - start))
    return sound.read_mono(start - missing // 2, stop + missing - missing // 2)


def _measure_levels(piece: Floats, window: int) -> Floats:
    """Mean power of every frequency in dB, a full tone being 0."""
    bell = np.hanning(window).astype(np.float32)
    windows = piece[: len(piece) // window * window].reshape(-1, window)
    spectra = np.fft.rfft(windows * (bell * 2 / bell.sum()))
    power = np.square(np.abs(spectra)).mean(axis=0)
    return np.asarray(10 * np.log10(power + QUIET), np.float32)


def draw_shape(shape: SoundShape, scale: SoundShape) -> bytes:
    """Draw waveform and, below it, spectrogram to the whole width of a PNG.

    Args:
        shape: What to draw.
        scale: Whose loudest place fills the height and has the brightest colour.
    """
    above, below = HEIGHTS
    figure = Figure((COLUMNS / DOTS, (above + below) / DOTS), dpi=DOTS)
    wave = figure.add_axes((0, below / (above + below), 1, above / (above + below)))
    wave.fill_between(np.arange(COLUMNS), -shape.peaks, shape.peaks, color=INK, linewidth=0)
    loudest = max(float(scale.peaks.max()), 1e-6)
    wave.set(xlim=(0, COLUMNS - 1), ylim=(-loudest, loudest))
    frequencies = figure.add_axes((0, 0, 1, below / (above + below)))
    top = float(scale.levels.max())
    frequencies.imshow(
        shape.levels, aspect="auto", origin="lower", cmap=COLOURS, vmin=top - DEPTH, vmax=top
    )
    for axes in (wave, frequencies):
        axes.set_axis_off()
    file = io.BytesIO()
    figure.savefig(file, format="png", transparent=True, metadata={"Software": None})
    return file.getvalue()
