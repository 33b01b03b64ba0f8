"""Sound files read and written in blocks, so that memory does not grow with length."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
import soxr

from avsep.arrays import Floats, Sound
from avsep.errors import OutputError
from avsep.media.broadcast_wave import reserve_stamp
from avsep.media.downmix import mix_channels
from avsep.media.samples import writing_sound
from avsep.timeline import FRAME_RATE


def measure_powers(blocks: Iterable[Floats], samples: int) -> Floats:
    """Mean square of each frame's length of a sound.

    Args:
        blocks: Consecutive, of one channel, each but the last a whole number of frames long.
        samples: In one frame.
    """
    powers = [np.zeros(0, np.float32)]
    for block in blocks:
        whole = np.pad(block, (0, -len(block) % samples))
        powers.append(np.square(whole.reshape(-1, samples)).mean(1))
    return np.concatenate(powers)


class SoundReader(Protocol):
    """A recording's sound, read in pieces (`avsep.media.sound.SoundFileReader`)."""

    sample_rate: int
    channels: int
    samples: int
    weights: Sound | None

    def read(self, start: int, stop: int) -> Sound:
        """Samples ``start`` to ``stop``, (channels, stop - start), silence outside."""

    def read_mono(self, start: int, stop: int) -> Sound:
        """The same as one channel, which is what the network hears, (stop - start,)."""


BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}  # of a sample
WAV_LIMIT = 2**32 - 2**20  # bytes, a little below what a WAV header can count
# libsndfile's number for the chunk of peaks, whose time stamp would make every run differ.
ADD_PEAK_CHUNK = 0x1050
# Channels that every coder and player takes for what they are. Of more, some count as a
# loudspeaker for low frequencies, from which no voice is heard: the third of three.
PLAYED_ALIKE = 2
MEASURED_AT_ONCE = 1000  # frames


class SoundFileReader:
    """A sound file as `avsep.separation.enhance` reads it.

    Attributes:
        path: The file.
        sample_rate: Hz.
        channels: Their number.
        samples: Length of each channel.
        weights: Of the channels where all are heard as one, (channels,); None for their mean.
    """

    def __init__(self, path: Path, weights: Sound | None = None) -> None:
        self.path = path
        self.weights = weights
        self._file = soundfile.SoundFile(path)
        self.sample_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.samples = int(self._file.frames)

    def read(self, start: int, stop: int) -> Sound:
        """Samples ``start`` to ``stop``, (channels, stop - start), silence outside the file."""
        samples = np.zeros((self.channels, stop - start), np.float32)
        first, last = max(0, start), min(stop, self.samples)
        if first < last:
            self._file.seek(first)
            samples[:, first - start : last - start] = self._file.read(
                last - first, dtype="float32", always_2d=True
            ).T
        return samples

    def read_mono(self, start: int, stop: int) -> Sound:
        """The same as one channel, (stop - start,)."""
        return self.mix(self.read(start, stop))

    def mix(self, block: Sound) -> Sound:
        """Sum channels to one: (channels, samples) -> (samples,)."""
        return mix_channels(block, self.weights)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def measure_file(path: Path, weights: Sound | None = None) -> Sound:
    """Power of all channels as one in each frame's length of a sound file, (frames,).

    Args:
        path: The file, whose rate must be a multiple of the frames' rate.
        weights: Of the channels; by default their mean counts.
    """
    with closing(SoundFileReader(path, weights)) as sound:
        samples = sound.sample_rate // FRAME_RATE
        step = MEASURED_AT_ONCE * samples
        blocks = (
            sound.read_mono(start, min(start + step, sound.samples))
            for start in range(0, sound.samples, step)
        )
        return measure_powers(blocks, samples)


@dataclass(frozen=True, slots=True)
class SoundLayout:
    """What a sound file shall be.

    Attributes:
        sample_rate: Hz.
        channels: Their number.
        samples: Length of each channel.
        subtype: Sample format, as soundfile names it.
    """

    sample_rate: int
    channels: int
    samples: int
    subtype: str

    @property
    def size(self) -> int:
        """Bytes of all samples."""
        return self.samples * self.channels * BYTES[self.subtype]


class SoundFileWriter:
    """A sound file that takes blocks at one rate and holds exactly so many samples at another.

    Args:
        path: Its suffix says the format; a WAV that grows over 4 GiB is written as RF64.
        source_rate: Of the blocks, Hz.
        layout: Of the file; the last block is cut or filled up to its length.
    """

    def __init__(self, path: Path, source_rate: int, layout: SoundLayout) -> None:
        large = layout.size > WAV_LIMIT
        if path.suffix == ".aiff" and large:
            raise OutputError(f"{path.name}: AIFF ends at 4 GiB", hint="Take --format wav.")
        self.path = path
        self._left = layout.samples
        with writing_sound(path):
            self._file = soundfile.SoundFile(
                path,
                "w",
                layout.sample_rate,
                layout.channels,
                layout.subtype,
                format="RF64" if large and path.suffix == ".wav" else None,
            )
        soundfile._snd.sf_command(self._file._file, ADD_PEAK_CHUNK, soundfile._ffi.NULL, 0)
        if path.suffix == ".wav":
            reserve_stamp(self._file)
        self._resampler = None
        if source_rate != layout.sample_rate:
            self._resampler = soxr.ResampleStream(source_rate, layout.sample_rate, layout.channels)

    def write(self, block: Sound) -> None:
        """Append a block, (channels, time) at the source rate."""
        self._append(self._resample(block.T, last=False))

    def close(self) -> None:
        """Write what the resampler still holds, fill up with silence, close the file."""
        channels = self._file.channels
        if self._resampler is not None:
            self._append(self._resample(np.zeros((0, channels), np.float32), last=True))
        self._append(np.zeros((self._left, channels), np.float32))
        with writing_sound(self.path):
            self._file.close()

    def _resample(self, samples: Sound, *, last: bool) -> Sound:
        if self._resampler is None:
            return samples
        return np.asarray(
            self._resampler.resample_chunk(np.ascontiguousarray(samples), last=last)
        ).reshape(-1, self._file.channels)

    def _append(self, samples: Sound) -> None:
        samples = samples[: self._left]
        self._left -= len(samples)
        with writing_sound(self.path):
            self._file.write(samples)
