"""Sound that was recorded by itself, beside the camera: opened, and laid under a recording."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from avsep.arrays import Sound
from avsep.errors import MediaError, SettingError
from avsep.media.placing import RATE, NotClearError, Placing, find_placing
from avsep.media.probing import MediaInfo, probe
from avsep.media.reading import extract_audio
from avsep.media.samples import BLOCK, writing_sound
from avsep.media.sound import SoundFileReader
from avsep.text import clock

_log = logging.getLogger(__name__)

BARE = 0.1  # seconds without sound from which on the user hears of them
PARTS_PER_MILLION = 1e6
HINT = (
    "Is it the right file? Or give --sound-offset: the second of the recording at which it begins."
)
OFFSET_HINT = "Give --sound-offset: the second of the recording at which it begins."


def open_own_sound(info: MediaInfo, path: str | None, offset: float | None) -> MediaInfo:
    """A recording whose sound is that of another file.

    Args:
        info: The recording.
        path: The file; None if the recording's own sound is meant.
        offset: Second of the recording at which it begins; None to find it.

    Raises:
        MediaError: It can't be read or holds no sound, or there is nothing to find its place by.
    """
    if path is None:
        if offset is not None:
            raise SettingError("--sound-offset places no sound", hint="Give --sound FILE, too.")
        return info
    sound = probe(Path(path))
    if not sound.audio:
        raise MediaError(f"{path} has no audio stream", hint="Choose a file with sound.")
    if offset is None and not info.heard:
        raise MediaError(f"{info.path} has no sound to find the place of {path}", OFFSET_HINT)
    given = None if offset is None else Placing(offset, found=False)
    return replace(info, own_sound=sound, placing=given)


def place_own_sound(info: MediaInfo, folder: Path) -> MediaInfo:
    """The recording with the place of its sound, found if it is not given.

    Args:
        info: The recording.
        folder: For working files.

    Raises:
        MediaError: The sounds have nothing in common.
    """
    if info.own_sound is None:
        return info
    placing = info.placing or find_place(info, info.own_sound, folder, hint=HINT)
    _tell(info, info.own_sound, placing)
    return replace(info, placing=placing)


def find_place(info: MediaInfo, sound: MediaInfo, folder: Path, *, hint: str) -> Placing:
    """Where another recording's sound lies in a recording.

    Args:
        info: The recording, whose own sound is meant.
        sound: The other.
        folder: For working files.
        hint: What to do if they have nothing in common.

    Raises:
        MediaError: They have nothing in common.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        files = Path(place) / "recording.wav", Path(place) / "sound.wav"
        for source, file in zip((info, sound), files, strict=True):
            extract_audio(source, file, RATE, mono=True)
        with closing(SoundFileReader(files[0])) as one, closing(SoundFileReader(files[1])) as two:
            try:
                return find_placing(one, two)
            except NotClearError as error:
                raise MediaError(
                    f"{sound.path} and {info.path} do not clearly hold the same sound",
                    hint=hint,
                ) from error


def _tell(info: MediaInfo, sound: MediaInfo, placing: Placing) -> None:
    """Say what the user should know of where a sound lies."""
    _log.debug("%s begins at %.4f s of %s", sound.path, placing.offset, info.path)
    if placing.drift:
        _log.warning(
            "%s: the clocks of camera and %s run apart by %.0f millionths, %.3f s in all: made up"
            " for",
            info.path,
            sound.path,
            abs(placing.drift) * PARTS_PER_MILLION,
            abs(placing.drift) * info.duration,
        )
    start, stop = placing.offset, placing.find_stop(sound.duration)
    if start >= info.duration or stop <= 0:
        raise MediaError(
            f"{sound.path} lies outside of {info.path}: {start:.1f} to {stop:.1f} s",
            hint="Check --sound-offset: the second of the recording at which it begins.",
        )
    bare = max(0.0, start), max(0.0, info.duration - stop)
    if max(bare) > BARE:
        covered = clock(max(0.0, start)), clock(min(info.duration, stop))
        told = "%s: %s holds sound from %s to %s; the rest is silent"
        _log.warning(told, info.path, sound.path, *covered)


def write_sound(
    info: MediaInfo,
    target: Path,
    sample_rate: int,
    *,
    mono: bool = False,
    shortest: float = 0.0,
) -> None:
    """Write the sound that belongs to a recording, its own or that of another file.

    Args:
        info: The recording; a sound of another file is placed.
        target: Where to write, RF64 in samples of 32 bits, sample 0 at time 0 of the recording.
        sample_rate: Hz.
        mono: Mix all channels to one.
        shortest: Seconds that the file has at least.
    """
    write = _lay_own_sound if info.own_sound else extract_audio
    write(info, target, sample_rate, mono=mono, shortest=shortest)


def _lay_own_sound(
    info: MediaInfo, target: Path, sample_rate: int, *, mono: bool, shortest: float
) -> None:
    assert info.own_sound is not None
    assert info.placing is not None
    samples = round(max(shortest, info.duration) * sample_rate)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        file = Path(folder) / "sound.wav"
        extract_audio(info.own_sound, file, sample_rate, mono=mono)
        with closing(SoundFileReader(file)) as sound, writing_sound(target):
            _write(target, _read_placed(sound, info.placing, samples), sound, samples)


def _write(target: Path, blocks: Iterator[Sound], like: SoundFileReader, samples: int) -> None:
    rate, channels = like.sample_rate, like.channels
    with soundfile.SoundFile(target, "w", rate, channels, "FLOAT", format="RF64") as file:
        for block in blocks:
            rest = samples - file.frames
            file.write(block[:, :rest].T)
        while (rest := samples - file.frames) > 0:
            file.write(np.zeros((min(rest, BLOCK), channels), np.float32))


def _read_placed(sound: SoundFileReader, placing: Placing, samples: int) -> Iterator[Sound]:
    """Blocks from time 0 of the recording; without drift every sample is one of the sound's.

    Shape: (channels, samples) each
    """
    rate = sound.sample_rate
    start = round(placing.offset * rate)
    if not placing.drift:
        for first in range(0, samples, BLOCK):
            yield sound.read(first - start, min(first + BLOCK, samples) - start)
        return
    for place in range(0, start, BLOCK):
        yield np.zeros((sound.channels, min(BLOCK, start - place)), np.float32)
    # What lies before time 0 is left out before its length changes: to half a sample.
    first = max(0, round(-placing.offset * rate * (1 - placing.drift)))
    # The sound has fewer seconds than the recording: it is stretched.
    stream = soxr.ResampleStream(rate * (1 - placing.drift), rate, sound.channels)
    for place in range(first, sound.samples, BLOCK):
        stop = min(place + BLOCK, sound.samples)
        block = stream.resample_chunk(sound.read(place, stop).T, last=stop == sound.samples)
        yield np.ascontiguousarray(block.T)
