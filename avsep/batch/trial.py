"""How long a recording will take, from a trial of a few seconds of this machine on a bit of it."""

from __future__ import annotations

import logging
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from avsep.device import use_threads
from avsep.errors import AvsepError
from avsep.faces.people import LipClip, Person
from avsep.faces.scan import find_people
from avsep.faces.tracks import Track
from avsep.media.parts import can_seek
from avsep.media.picture import Picture
from avsep.media.probing import MediaInfo
from avsep.media.reading import read_pictures
from avsep.media.stretches import cut_recording
from avsep.pipeline import Separator, SeparatorConfig
from avsep.separation.chunks import choose_length
from avsep.separation.enhance import Engine, enhance
from avsep.separation.mixture import working_rate
from avsep.separation.waveform import WaveformReader
from avsep.timeline import FRAME_RATE

_log = logging.getLogger(__name__)

FRAMES = 2 * FRAME_RATE  # of a recording that are tried
FIRST = 10  # frames that do not count: programs start, and the first frame is searched closely
LONGEST = 4.0  # seconds after which no further frame is looked at
BUDGET = 10.0  # seconds for all recordings together
PEOPLE = 2  # who are separated in the trial


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a machine works on recordings of a kind.

    Attributes:
        faces: Seconds that it takes to decode one frame and find the faces in it.
        voices: Seconds for one frame's length of one person's voice.
        loading: Seconds that come once.
    """

    faces: float
    voices: float
    loading: float = 0.0

    def estimate(self, info: MediaInfo, people: int) -> float:
        """About how many seconds a recording takes in which so many have a voice."""
        frames = info.duration * FRAME_RATE
        return self.loading + frames * (self.faces + people * self.voices)


class Trial:
    """Tries recordings of each size of frames once, as long as the time allows.

    Args:
        config: What to work with; it is loaded by the first trial.
    """

    def __init__(self, config: SeparatorConfig) -> None:
        self._config = config
        self._paces: dict[int, Pace] = {}
        self._spent = self._longest = 0.0

    def estimate(self, info: MediaInfo, people: int) -> float | None:
        """About how many seconds a recording takes; None if that cannot be found out.

        Subtitles and further files are not counted.
        """
        pixels = info.width * info.height
        if pixels not in self._paces and self._spent + self._longest < BUDGET:
            began = time.monotonic()
            try:
                self._paces[pixels] = self._try_out(info)
            except AvsepError as error:
                _log.debug("%s cannot be tried: %s", info.path, error)
                return None
            finally:
                took = time.monotonic() - began
                self._spent, self._longest = self._spent + took, max(self._longest, took)
        if not self._paces:
            return None
        nearest = min(self._paces, key=lambda tried: abs(tried - pixels))
        return self._paces[nearest].estimate(info, people)

    @use_threads()
    def _try_out(self, info: MediaInfo) -> Pace:
        began = time.monotonic()
        separator = self._separator
        _load(separator)
        loading = time.monotonic() - began
        info = separator.choose_picture(info)
        try:
            faces = _time_faces(separator, take_middle(info))
        except AvsepError:  # it is shorter than it says
            faces = _time_faces(separator, info)
        voices = _time_voices(separator.engine, info)
        _log.debug("%s: %.4f s a frame for faces, %.4f s a voice", info.path, faces, voices)
        return Pace(faces, voices, loading)

    @cached_property
    def _separator(self) -> Separator:
        return Separator.of(self._config)


def _load(separator: Separator) -> None:
    """Load everything that is heavy: attributes are made when they are first asked for."""
    for name in ("detect", "embed", "network"):
        getattr(separator, name)


def take_middle(info: MediaInfo) -> MediaInfo:
    """A bit from the middle of a recording, where it is found at once; the beginning may be black.

    Others are tried at their beginning, so that a long one takes no longer than a short one.
    """
    tried = FRAMES / FRAME_RATE
    if info.selection.stretch is not None or info.duration < 2 * tried + 1:
        return info
    start = float(info.duration // 2)
    middle = cut_recording(info, (start, start + tried))
    return middle if can_seek(middle) else info


def _time_faces(separator: Separator, info: MediaInfo) -> float:
    """Seconds for one frame, as a whole recording would be searched."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder, closing(read_pictures(info)) as pictures:
        shown = _note_times(islice(pictures, FRAMES), times)
        place, size = Path(folder), separator.mouth_size
        find_people(shown, separator.detect, place, size, embed=separator.embed)
    first = min(FIRST, len(times) - 2)
    return (times[-1] - times[first]) / (len(times) - 1 - first) if first >= 0 else 0.0


def _note_times(pictures: Iterator[Picture], times: list[float]) -> Iterator[Picture]:
    """Pass frames on, for as long as a trial may take, and note when each was asked for."""
    began = time.monotonic()
    times.append(began)
    for picture in pictures:
        yield picture
        times.append(time.monotonic())
        if times[-1] - began > LONGEST:
            return


def _make_still(path: Path, size: int) -> Person:
    """Somebody whose mouth is always seen, and never moves: as much work as anybody."""
    path.write_bytes(bytes([128]) * (FRAMES * size * size))
    track = Track(1, 0, np.zeros((FRAMES, 4), "f4"), np.zeros((FRAMES, 5, 2), "f4"), 0)
    return Person(1, (LipClip(track, path, size),))


def _time_voices(engine: Engine, info: MediaInfo) -> float:
    """Seconds for one frame's length of one voice, in sound of the recording's kind."""
    rate = working_rate(info.sample_rate)
    noise = np.random.default_rng(0).normal(0, 0.1, (info.channels, FRAMES * rate // FRAME_RATE))
    took = []
    with tempfile.TemporaryDirectory() as folder:
        still = _make_still(Path(folder, "mouths"), engine.network.config.lip_size)
        people, wanted = [still] * PEOPLE, [True] * PEOPLE
        for frames in (FRAME_RATE, FRAMES):  # the first warms up
            samples = noise[:, : frames * rate // FRAME_RATE].astype(np.float32)
            sound = WaveformReader(samples, rate)
            began = time.monotonic()
            deque(enhance(engine.network, sound, people, wanted), 0)
            took.append(time.monotonic() - began)
    length = choose_length(PEOPLE)
    around = (length + 2 * engine.network.config.context) / length  # windows overlap
    return took[-1] / FRAMES / PEOPLE * (around if info.duration * FRAME_RATE > length else 1)
