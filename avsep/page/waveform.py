"""How loud a recording is over time, to choose a part of it by."""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from avsep.media.probing import probe
from avsep.media.reading import extract_audio
from avsep.media.sound import SoundFileReader
from avsep.page.library import stamp

KEPT = 50  # recordings whose waveform is remembered
COLUMNS = 1000  # points in time
RATE = 8000  # Hz, enough to see where somebody speaks


def measure_waveform(path: Path) -> dict[str, Any]:
    """How long a recording is, and how loud over time.

    Returns:
        Its length in `seconds`, its `peaks`, from 0 to 1, and whether it has `sound` at all.

    Raises:
        MediaError: It can't be read.
    """
    return _measure(path, stamp(path))


@lru_cache(KEPT)
def _measure(path: Path, state: str) -> dict[str, Any]:
    """The same, for as long as the file stays as it is."""
    del state
    info = probe(path)
    peaks: list[float] = []
    if info.audio:
        with tempfile.TemporaryDirectory(prefix="avsep-") as folder:
            extract_audio(info, Path(folder) / "sound.wav", RATE, mono=True)
            peaks = _measure_peaks(Path(folder) / "sound.wav")
    return {"seconds": info.duration, "peaks": peaks, "sound": bool(info.audio)}


def _measure_peaks(path: Path) -> list[float]:
    with closing(SoundFileReader(path)) as sound:
        edges = np.linspace(0, sound.samples, COLUMNS + 1).astype(int).tolist()
        pieces = (sound.read_mono(start, stop) for start, stop in pairwise(edges))
        peaks = np.array([np.abs(piece).max(initial=0) for piece in pieces])
    return [round(float(peak), 3) for peak in peaks / max(peaks.max(), 1e-3)]
