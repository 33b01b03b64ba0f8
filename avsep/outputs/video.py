"""The source's picture with another sound."""

from __future__ import annotations

import logging
from pathlib import Path

from avsep.errors import EncodingError
from avsep.media.picture_copy import must_encode
from avsep.media.probing import MediaInfo
from avsep.media.sound import PLAYED_ALIKE
from avsep.media.writing import PICTURE_CODEC, choose_voice_codec, remux
from avsep.separation.levels import spare_together
from avsep.separation.recording import Separation

_log = logging.getLogger(__name__)

# Containers that are known to keep the picture and another sound in step.
KEPT = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ts"}
ANYTHING = ".mkv"


def write_videos(separation: Separation) -> list[Path]:
    """Beside each voice, a video with the source's picture, copied, and the voice as sound."""
    folder = separation.folder
    voices = [speaker.voice.full for speaker in separation.speakers]
    gain = spare_together(voices, "videos")
    return [_write_video(separation.info, voice, folder / voice.name, gain) for voice in voices]


def choose_suffix(source: MediaInfo) -> str:
    """The container that is tried first."""
    suffix = source.path.suffix.lower()
    return suffix if suffix in KEPT and source.channels <= PLAYED_ALIKE else ANYTHING


def list_copy_encoders(source: MediaInfo, suffix: str) -> list[str]:
    """What ffmpeg encodes where the picture is copied into a container, and a voice put to it."""
    voice = choose_voice_codec(Path(f"a{suffix}"), source.channels)["acodec"]
    return [voice, PICTURE_CODEC] if must_encode(source, suffix) else [voice]


def _write_video(source: MediaInfo, voice: Path, beside: Path, gain: float) -> Path:
    """In the source's container, or in Matroska if it can't hold this.

    Args:
        source: The recording.
        voice: Sound of the video.
        beside: Another file of the result, called alike.
        gain: Of the voice, dB.
    """
    suffix = source.path.suffix.lower()
    if suffix in KEPT - {ANYTHING} and source.channels > PLAYED_ALIKE:
        reason = f"of {source.channels} channels its coder would not keep all"
    elif suffix in KEPT:
        target = beside.with_suffix(suffix)
        try:
            remux(source, voice, target, gain)
        except EncodingError as error:
            reason = error.reason
        else:
            return target
    else:
        reason = f"{suffix or 'its container'} isn't made to take another sound"
    target = beside.with_suffix(ANYTHING)
    remux(source, voice, target, gain)
    _log.warning("%s: videos are written as %s: %s", source.path, ANYTHING, reason)
    return target
