"""Recordings out: files replaced whole, pictures encoded, a voice put under the picture."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import soundfile

from avsep.errors import MediaError, OutputError
from avsep.media import FRAME_RATE, Image, Waveform, also_read
from avsep.probing import SAFELY, MediaInfo, address
from avsep.tools import ffmpeg_command, read_words, run_tool, running

# What a container takes; the voice is kept without loss where that plays everywhere.
VOICE_CODECS = {
    ".mkv": {"acodec": "flac"},
    ".webm": {"acodec": "libopus", "audio_bitrate": "160k"},
}
USUAL_VOICE_CODEC = {"acodec": "aac", "audio_bitrate": "192k"}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Write a file beside its place and move it there only if all went well.

    Yields:
        A name in the folder of `target`, which is made if needed, with the same suffix.

    Raises:
        OutputError: The folder, the disk or the file does not allow it.
    """
    temporary = target.with_name(f".{secrets.token_hex(6)}.part{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="Is there room on the disk, and may you write there?",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_video(
    target: Path,
    images: Iterable[Image],
    sound: Waveform | None = None,
    *,
    frame_rate: int = FRAME_RATE,
    quality: int = 20,
) -> None:
    """Encode pictures, all of one size, and a sound to H.264 and what the container takes.

    Args:
        target: The file; its suffix names the container.
        images: Pictures of shape (height, width, 3).
        sound: The sound, beginning with the first picture.
        frame_rate: Pictures per second.
        quality: The encoder's constant rate factor: lower is better and larger.

    Raises:
        OutputError: The file cannot be written.
    """
    images = iter(images)
    first = next(images, None)
    if first is None:
        raise OutputError(f"{target} cannot be written: there are no pictures for it")
    height, width, _ = first.shape
    pictures = ffmpeg.input(
        "pipe:0", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=frame_rate
    )
    # The encoder halves the colours' resolution and so wants even sizes.
    pictures = pictures.filter("pad", "ceil(iw/2)*2", "ceil(ih/2)*2")
    with tempfile.TemporaryDirectory() as folder, replacing(target) as temporary:
        streams = [pictures, *_as_input(sound, Path(folder) / "sound.w64")]
        settings = {"vcodec": "libx264", "pix_fmt": "yuv420p", "crf": quality, "threads": 2}
        codec = _voice_codec(target) if sound else {}
        output = ffmpeg.output(*streams, address(temporary), **settings, **codec)
        _feed(ffmpeg_command(output), chain([first], images), target)


def _as_input(sound: Waveform | None, file: Path) -> list[Any]:
    if sound is None:
        return []
    soundfile.write(file, sound.samples.T, sound.sample_rate, subtype="FLOAT", format="W64")
    return [ffmpeg.input(address(file)).audio]


def _feed(arguments: list[str], images: Iterable[Image], target: Path) -> None:
    """Write pictures to an encoder's standard input, and wait until it is done."""
    with running(arguments, fed=True) as (encoder, complaints):
        assert encoder.stdin is not None
        # An encoder that gives up closes its end; its last words say why.
        with suppress(BrokenPipeError):
            for image in images:
                encoder.stdin.write(np.ascontiguousarray(image).data)
            encoder.stdin.close()
        if encoder.wait():
            raise _not_written(target, read_words(complaints))


def remux(source: MediaInfo, voice: Path, target: Path) -> None:
    """Put a voice under the untouched picture of a recording, as its only sound.

    The picture stream is copied bit for bit and keeps its place in time.

    Args:
        source: The recording.
        voice: A sound file whose sample 0 belongs to time 0 of the recording.
        target: The file to write; its suffix names the container.

    Raises:
        MediaError: The recording has no pictures.
        OutputError: The container does not take this kind of picture, or writing fails.
    """
    if source.video is None:
        raise MediaError(f"{source.path} has no pictures", hint="Choose a file with video.")
    recording = ffmpeg.input(address(source.path), **SAFELY)
    picture = recording[str(source.video.index)]
    sound = ffmpeg.input(address(voice), **SAFELY).audio
    with replacing(target) as temporary:
        # Exact to the bit: without random numbers and times in the container.
        how = {"vcodec": "copy", "fflags": "+bitexact", **_voice_codec(target)}
        output = ffmpeg.output(picture, sound, address(temporary), **how)
        listened = source.audio[0] if source.audio else None
        outcome = run_tool(ffmpeg_command(output, *also_read(recording, listened)))
        if outcome.code:
            raise _not_written(target, outcome.words)


def _voice_codec(target: Path) -> dict[str, str]:
    return VOICE_CODECS.get(target.suffix.lower(), USUAL_VOICE_CODEC)


def _not_written(target: Path, words: str) -> OutputError:
    return OutputError(
        f"{target} cannot be written: {words or 'ffmpeg gave no reason'}",
        hint="A file name ending in .mkv takes every kind of picture.",
    )
