"""Recordings out: files replaced whole, frames encoded, a voice put under the picture."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import soundfile

from avsep.arrays import Image
from avsep.errors import EncodingError, MediaError, OutputError
from avsep.files import replacing
from avsep.languages import UNKNOWN
from avsep.media.colours import USUAL_COLOURS, Colours
from avsep.media.decoding import also_read
from avsep.media.ffmpeg import (
    SAFELY,
    address,
    ffmpeg_command,
    read_words,
    run_tool,
    running,
    tell_signal,
)
from avsep.media.parts import can_seek, cut_pictures, open_source, stamp
from avsep.media.picture_copy import ENCODED, choose_picture_codec, is_shown_alike
from avsep.media.probing import MediaInfo
from avsep.media.reading import Waveform
from avsep.timeline import FRAME_RATE

_log = logging.getLogger(__name__)

# What a container takes; the voice is kept without loss where that plays everywhere.
VOICE_CODECS = {
    ".mkv": {"acodec": "flac", "sample_fmt": "s32"},  # 24 bit
    ".webm": {"acodec": "libopus", "audio_bitrate": "160k"},
}
FLAC_CHANNELS = 8
# Without random numbers and times in the container.
EXACTLY = {"fflags": "+bitexact"}
# Nor in what is coded: the same bytes from each build of ffmpeg that codes alike.
CODED_EXACTLY = {**EXACTLY, "flags": "+bitexact"}
PICTURE_CODEC = "libx264"
USUAL_VOICE_CODEC = {"acodec": "aac", "audio_bitrate": "192k"}


def write_video(
    target: Path,
    images: Iterable[Image],
    sound: Waveform | Path | None = None,
    *,
    quality: int = 20,
    gain: float = 0.0,
    colours: Colours = USUAL_COLOURS,
) -> None:
    """Encode frames, all of one size, and a sound to H.264 and what the container takes.

    Args:
        target: The file; its suffix names the container.
        images: Frames of shape (height, width, 3), `FRAME_RATE` a second.
        sound: The sound, or a file with it, beginning with the first frame.
        quality: The encoder's constant rate factor: lower is better and larger.
        gain: Of the sound, dB.
        colours: What the frames' red, green and blue mean; the file is marked so.

    Raises:
        OutputError: The file cannot be written.
    """
    images = iter(images)
    first = next(images, None)
    if first is None:
        raise OutputError(f"{target} cannot be written: there are no pictures for it")
    height, width, _ = first.shape
    frames = ffmpeg.input(
        "pipe:0", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=FRAME_RATE
    )
    # The encoder halves the colours' resolution and so wants even sizes.
    frames = frames.filter("pad", "ceil(iw/2)*2", "ceil(ih/2)*2")
    frames = _from_colours(frames, colours)
    with tempfile.TemporaryDirectory() as folder, replacing(target) as temporary:
        streams = [frames, *_as_input(sound, Path(folder) / "sound.wav", gain)]
        settings = {"vcodec": PICTURE_CODEC, "pix_fmt": "yuv420p", "crf": quality, "threads": 2}
        codec = choose_voice_codec(target) if sound else {}
        output = ffmpeg.output(*streams, address(temporary), **settings, **codec)
        _feed(ffmpeg_command(output), chain([first], images), target)


def _from_colours(frames: Any, colours: Colours) -> Any:  # noqa: ANN401 - see `amplify`
    """Turn red, green and blue into what H.264 keeps, and say how it is meant."""
    meant = {"out_color_matrix": colours.scale_matrix, "out_range": colours.range}
    frames = frames.filter("scale", **meant).filter("format", "yuv420p")
    return frames.filter("setparams", **colours.marks)


def _as_input(sound: Waveform | Path | None, file: Path, gain: float) -> list[Any]:
    if sound is None:
        return []
    if isinstance(sound, Path):
        return [amplify(sound, gain)]
    soundfile.write(file, sound.samples.T, sound.sample_rate, subtype="FLOAT", format="RF64")
    return [amplify(file, gain)]


def _feed(arguments: list[str], images: Iterable[Image], target: Path) -> None:
    """Write frames to an encoder's standard input, and wait until it is done."""
    with running(arguments, fed=True) as (encoder, complaints):
        assert encoder.stdin is not None
        # An encoder that gives up closes its end; its last words say why.
        with suppress(BrokenPipeError):
            for image in images:
                encoder.stdin.write(np.ascontiguousarray(image).data)
            encoder.stdin.close()
        if code := encoder.wait():
            raise _not_written(target, read_words(complaints) or tell_signal(code))


def remux(source: MediaInfo, voice: Path, target: Path, gain: float = 0.0) -> None:
    """Put a voice under the untouched picture of a recording, as its only sound.

    The picture stream is copied bit for bit and keeps its place in time, but where an edit list
    hides a part of it that the target would show, or only a part is in use.

    Args:
        source: The recording.
        voice: A sound file whose sample 0 belongs to time 0 of the recording.
        target: The file to write; its suffix names the container.
        gain: Of the voice, dB.

    Raises:
        MediaError: The recording has no pictures.
        OutputError: The container does not take this kind of picture, or writing fails.
    """
    recording, picture = open_picture(source)
    with replacing(target) as temporary:
        codec = choose_voice_codec(target, source.channels)
        how = {**EXACTLY, **choose_picture_codec(source, target), **codec, **stamp(source)}
        streams = cut_pictures(source, picture), amplify(voice, gain)
        beside = [] if can_seek(source) else also_read(recording, *source.heard)
        write_streams(target, ffmpeg.output(*streams, address(temporary), **how), *beside)
        if not is_shown_alike(source, temporary):
            _log.warning("%s: this ffmpeg can't turn a picture in it: coded anew", target)
            how |= ENCODED
            write_streams(target, ffmpeg.output(*streams, address(temporary), **how), *beside)


@dataclass(frozen=True, slots=True)
class TrackFile:
    """A file that becomes a track of a larger one.

    Attributes:
        path: Sound or subtitles, whose time 0 is that of the recording.
        title: What players call it.
        language: ISO 639-2 code; "und" for what isn't known.
        gain: Of sound, dB.
    """

    path: Path
    title: str
    language: str = UNKNOWN
    gain: float = 0.0


def open_picture(source: MediaInfo) -> tuple[Any, Any]:
    """The recording as an input of ffmpeg, and its picture stream."""
    if source.video is None:
        raise MediaError(f"{source.path} has no pictures", hint="Choose a file with video.")
    # Old containers name no time for frames that wait for later ones.
    recording = open_source(source, fflags="+genpts")
    return recording, recording[str(source.video.index)]


def amplify(voice: Path, gain: float, lead: float = 0.0) -> Any:  # noqa: ANN401 - it has no types
    """A sound file as an input of ffmpeg, so many decibels louder and seconds later."""
    sound = ffmpeg.input(address(voice), **({"itsoffset": lead} if lead else {}), **SAFELY).audio
    return sound.filter("volume", f"{gain:.4f}dB") if gain else sound


def write_streams(target: Path, *outputs: Any) -> None:  # noqa: ANN401 - see `amplify`
    """Run ffmpeg; a failure names the target."""
    outcome = run_tool(ffmpeg_command(*outputs))
    if outcome.code:
        raise _not_written(target, outcome.words)


def choose_voice_codec(target: Path, channels: int = 0) -> dict[str, str]:
    """What a container takes; FLAC ends at eight channels."""
    suffix = target.suffix.lower()
    if suffix == ".mkv" and channels > FLAC_CHANNELS:
        return {"acodec": "pcm_s24le"}
    return VOICE_CODECS.get(suffix, USUAL_VOICE_CODEC)


def _not_written(target: Path, words: str) -> EncodingError:
    reason = words or "ffmpeg gave no reason"
    return EncodingError(
        f"{target} cannot be written: {reason}",
        hint="A file name ending in .mkv takes every kind of picture.",
        reason=reason,
    )
