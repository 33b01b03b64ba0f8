"""Sounds in formats that lose something: AAC and MP3, coded by ffmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ffmpeg
import soundfile

from avsep.files import replacing
from avsep.media.ffmpeg import SAFELY, address
from avsep.media.sound import PLAYED_ALIKE
from avsep.media.writing import CODED_EXACTLY, write_streams

# Encoders of ffmpeg, and bit/s of each channel.
CODERS = {".m4a": ("aac", 128_000), ".mp3": ("libmp3lame", 96_000)}
CODED_CHANNELS = PLAYED_ALIKE  # of more, coders take some for loudspeakers that hold no voices


def encode_sound(source: Path, target: Path, title: str) -> Path:
    """Code a sound; players leave out what the coder adds at both ends.

    Args:
        source: A sound file of no more than `CODED_CHANNELS`.
        target: The file to write; its suffix names the format, one of `CODERS`.
        title: What players show.

    Raises:
        OutputError: It cannot be written.
    """
    codec, rate = CODERS[target.suffix]
    sound: Any = ffmpeg.input(address(source), **SAFELY).audio
    bits = rate * soundfile.info(source).channels
    how = {"acodec": codec, "audio_bitrate": bits, "metadata": f"title={title}", **CODED_EXACTLY}
    with replacing(target) as temporary:
        write_streams(target, sound.output(address(temporary), map_metadata=-1, **how))
    return target
