"""The sound streams in use, decoded to files and put in their places in time."""

from __future__ import annotations

import logging
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avsep.errors import MediaError
from avsep.media.ffmpeg import SAFELY, address, ffmpeg_command, read_words, running, unreadable
from avsep.media.probing import MediaInfo
from avsep.media.streams import AudioStream, VideoStream
from avsep.media.timing import Run, place_samples

_log = logging.getLogger(__name__)

BYTES = 4  # of a sample in 32-bit float
LOST = 0.2  # seconds of sound that overlap other, and are left out, of which the user hears


@dataclass(frozen=True, slots=True, eq=False)
class PlacedSound:
    """One decoded stream.

    Attributes:
        samples: As decoded, without silence for what lacks, shape (time, channels).
        runs: Where they belong.
        starts: First sample of each run in time.
    """

    samples: NDArray[np.float32]
    runs: Sequence[Run]
    starts: Sequence[int]

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.runs[-1].stop if self.runs else 0

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples from ``start`` up to ``stop``, (time, channels); silence in the holes."""
        block = np.zeros((stop - start, self.samples.shape[1]), np.float32)
        for run in self.runs[max(0, bisect_right(self.starts, start) - 1) :]:
            if run.position >= stop:
                break
            first, last = max(start, run.position), min(stop, run.stop)
            if first < last:
                offset = run.source - run.position
                block[first - start : last - start] = self.samples[first + offset : last + offset]
        return block


def decode_sound(
    info: MediaInfo, folder: Path, sample_rate: int, *, mono: bool = False
) -> list[PlacedSound]:
    """Decode every sound stream in use to a file of its own.

    Args:
        info: The recording.
        folder: Where the files are made; they are in use for as long as the result is.
        sample_rate: Samples per second of all of them.
        mono: Mix the channels of each stream to one.

    Raises:
        MediaError: Nothing can be decoded.
    """
    files = [folder / f"stream-{stream.index}.f32" for stream in info.heard]
    command = _decoder(info, files, sample_rate, mono=mono)
    with running(command) as (decoder, complaints):
        assert decoder.stdout is not None
        frames = _read_frames(decoder.stdout, len(files))
        pictures = info.video.label.codec if info.video else ""  # read, too, but not decoded
        code, words = decoder.wait(), read_words(complaints, but=pictures)
    if code or not any(each.stamps for each in frames):
        raise unreadable(info.path, words)
    if words:
        _log.warning("%s: the sound is damaged: %s", info.path, words)
    for file, found in zip(files, frames, strict=True):
        _check_size(file, found)
    placed = [_place(*found, sample_rate) for found in zip(files, frames, strict=True)]
    for stream, sound in zip(info.heard, placed, strict=True):
        _warn(f"{info.path}: sound stream {stream.index}", sound, sample_rate)
    return placed


def _decoder(info: MediaInfo, files: Sequence[Path], sample_rate: int, *, mono: bool) -> list[str]:
    """Samples to files, and to standard output a line for each frame, with its time stamp.

    A broadcast may change rate and channels midway, upon which ffmpeg sets its filters up anew:
    stamps go through that unharmed.
    """
    source = ffmpeg.input(address(info.path), **SAFELY)
    streams = [source[str(stream.index)] for stream in info.heard]
    how: dict[str, Any] = {"acodec": "pcm_f32le", "ar": sample_rate, **({"ac": 1} if mono else {})}
    pairs = zip(streams, files, strict=True)
    outputs = [stream.output(address(file), format="f32le", **how) for stream, file in pairs]
    stamps = ffmpeg.output(*streams, "pipe:1", format="framecrc", **how)
    return ffmpeg_command(*outputs, stamps, *also_read(source, info.video))


def also_read(source: Any, *streams: AudioStream | VideoStream | None) -> list[Any]:  # noqa: ANN401
    """Have ffmpeg read more streams, to no purpose but the common time 0.

    In transport streams ffmpeg counts time from the first of the streams it reads, so
    that sound and pictures, read apart, would both seem to begin at 0.
    """
    there = [source[str(stream.index)] for stream in streams if stream is not None]
    return [ffmpeg.output(*there, "-", format="null", codec="copy")] if there else []


class Frames(NamedTuple):
    """What is told of the decoded frames of a stream.

    Attributes:
        stamps: Time of the first sample of each, in samples.
        counts: Samples in each.
        channels: Of each the number of channels, which are the same for all.
    """

    stamps: array[int]
    counts: array[int]
    channels: array[int]


def _read_frames(lines: Iterable[bytes], streams: int) -> list[Frames]:
    """Read what ffmpeg's format "framecrc" tells: stream, two times, length, bytes, checksum."""
    frames = [Frames(array("q"), array("q"), array("q")) for _ in range(streams)]
    for line in lines:
        if line.startswith(b"#"):
            continue
        stream, _, stamp, samples, size = (int(field) for field in line.split(b",")[:5])
        if samples:
            frames[stream].stamps.append(stamp)
            frames[stream].counts.append(samples)
            frames[stream].channels.append(size // BYTES // samples)
    return frames


def _check_size(file: Path, frames: Frames) -> None:
    """Compare a file of bare samples with what was told of it, before it is taken for that."""
    told = sum(frames.counts) * frames.channels[0] * BYTES if frames.stamps else 0
    found = file.stat().st_size
    if found != told or len(set(frames.channels)) > 1:
        raise MediaError(
            f"{file.name}: {found} bytes were decoded where ffmpeg tells of {told}",
            hint="Try another ffmpeg (AVSEP_FFMPEG), and report this.",
        )


def _place(file: Path, frames: Frames, sample_rate: int) -> PlacedSound:
    if not frames.stamps:
        return PlacedSound(np.zeros((0, 1), np.float32), (), ())
    samples = np.memmap(file, np.float32, "r").reshape(-1, frames.channels[0])
    runs = place_samples(np.array(frames.stamps), np.array(frames.counts), sample_rate)
    return PlacedSound(samples, runs, [run.position for run in runs])


def _warn(what: str, sound: PlacedSound, sample_rate: int) -> None:
    if not sound.runs:
        _log.warning("%s holds nothing", what)
    lost = (len(sound.samples) - sum(run.samples for run in sound.runs)) / sample_rate
    if lost > LOST:
        _log.warning("%s: %.1f s overlap what comes before, and are left out", what, lost)
