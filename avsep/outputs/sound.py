"""Sound files read and written in blocks, so that memory does not grow with length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from avsep.activity import measure_powers
from avsep.media import FRAME_RATE
from avsep.samples import writing_sound

Sound = NDArray[np.float32]
WAV_LIMIT = 2**32 - 2**20  # bytes, a little below what a WAV header can count
# libsndfile's number for the chunk of peaks, whose time stamp would make every run differ.
ADD_PEAK_CHUNK = 0x1050
RECOGNISER_RATE = 16_000
# Channels that every coder and player takes for what they are. Of more, some count as a
# loudspeaker for low frequencies, from which no voice is heard: the third of three.
PLAYED_ALIKE = 2
MEASURED_AT_ONCE = 1000  # pictures


class SoundFileReader:
    """A sound file as `avsep.enhance` reads it.

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
        mixed: Sound = block.mean(0) if self.weights is None else self.weights @ block
        return mixed

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def measure_pictures(path: Path, weights: Sound | None = None) -> Sound:
    """Power of all channels as one in each picture's length of a sound file, (pictures,).

    Args:
        path: The file, whose rate must be a multiple of the pictures' rate.
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
class Layout:
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


class SoundFileWriter:
    """A sound file that takes blocks at one rate and holds exactly so many samples at another.

    Args:
        path: Its suffix says the format; a WAV that grows over 4 GiB is written as RF64.
        source_rate: Of the blocks, Hz.
        layout: Of the file; the last block is cut or filled up to its length.
    """

    def __init__(self, path: Path, source_rate: int, layout: Layout) -> None:
        large = path.suffix == ".wav" and layout.samples * layout.channels * 4 > WAV_LIMIT
        self.path = path
        self._left = layout.samples
        with writing_sound(path):
            self._file = soundfile.SoundFile(
                path,
                "w",
                layout.sample_rate,
                layout.channels,
                layout.subtype,
                format="RF64" if large else None,
            )
        soundfile._snd.sf_command(self._file._file, ADD_PEAK_CHUNK, soundfile._ffi.NULL, 0)
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


@dataclass(frozen=True, slots=True)
class VoiceFiles:
    """One voice on disk.

    Attributes:
        full: For editors.
        narrow: For recognisers, 16 kHz mono.
        gain: By which the one differs from the level of the recording, dB.
        narrow_gain: The same of the other.
    """

    full: Path
    narrow: Path
    gain: float = 0.0
    narrow_gain: float = 0.0

    @property
    def name(self) -> str:
        """What both are called."""
        return self.full.stem


class VoiceWriter:
    """One voice on disk in 32-bit float: the sound for editors, and beside it 16 kHz mono.

    Args:
        path: Sound for editors, ``.wav``.
        mixture: The recording, at the rate of the blocks to come.
        sample_rate: Of the source, Hz.
        samples: Of the source.
    """

    def __init__(
        self, path: Path, mixture: SoundFileReader, *, sample_rate: int, samples: int
    ) -> None:
        self.full = SoundFileWriter(
            path,
            mixture.sample_rate,
            Layout(sample_rate, mixture.channels, samples, "FLOAT"),
        )
        self._mix = mixture.mix
        narrow_samples = round(samples * RECOGNISER_RATE / sample_rate)
        self.narrow = SoundFileWriter(
            path.with_suffix(".16k.wav"),
            mixture.sample_rate,
            Layout(RECOGNISER_RATE, 1, narrow_samples, "FLOAT"),
        )

    @property
    def files(self) -> VoiceFiles:
        """Both files."""
        return VoiceFiles(self.full.path, self.narrow.path)

    def write(self, block: Sound) -> None:
        """Append a block, (channels, time)."""
        self.full.write(block)
        self.narrow.write(self._mix(block)[None])

    def close(self) -> None:
        """Finish both files."""
        self.full.close()
        self.narrow.close()


def write_voices(
    voices: Iterable[Sound], mixture: SoundFileReader, targets: Sequence[Path], sample_rate: int
) -> list[VoiceFiles]:
    """Write each voice, and to the last target what is left of the mixture without them.

    Args:
        voices: Consecutive blocks (voices, channels, time), at the rate of the mixture.
        mixture: The recording they come from.
        targets: One file for each voice, and one more; each gets a 16 kHz file beside it.
        sample_rate: Of the source, Hz; the files are as long as the source, at its rate.

    Returns:
        The files of each target.
    """
    samples = round(mixture.samples * sample_rate / mixture.sample_rate)
    writers = [
        VoiceWriter(target, mixture, sample_rate=sample_rate, samples=samples)
        for target in targets
    ]
    *speakers, rest = writers
    position = 0
    for block in voices:
        for writer, voice in zip(speakers, block, strict=True):
            writer.write(voice)
        stop = position + block.shape[-1]
        rest.write(mixture.read(position, stop) - block.sum(0))
        position = stop
    for writer in writers:
        writer.close()
    return [writer.files for writer in writers]
