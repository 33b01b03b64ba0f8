"""Recordings as they are opened to be split: with sound and pictures, not too large."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from avsep.errors import MediaError
from avsep.media.own_sound import open_own_sound
from avsep.media.probing import MediaInfo, probe
from avsep.media.stream_choice import choose_sound
from avsep.media.streams import find_streams
from avsep.options import Options
from avsep.outputs.space import check_memory


def open_recording(source: str | Path | MediaInfo, options: Options) -> MediaInfo:
    """Probe a file that must have both sound and pictures, and not too large ones.

    Of several sounds the one to hear is chosen. Which of several pictures to watch is left open:
    only faces tell.
    """
    if isinstance(source, MediaInfo):
        return source
    info = probe(Path(source))
    if not info.audio and not options.sound:
        raise MediaError(f"{source} has no audio stream", hint="Choose a file with sound.")
    if info.video is None:
        raise MediaError(f"{source} has no pictures", hint="Choose a video: lips are needed.")
    if options.video_stream:
        find_streams(info.videos, options.video_stream, "--video-stream")
    elif len(info.videos) == 1:
        check_memory(info)
    info = choose_sound(info, options.audio_stream, options.language) if info.audio else info
    if options.sound:  # which sounds of the recording would be heard is of no interest
        info = replace(info, selection=replace(info.selection, remarks=()))
    return open_own_sound(info, options.sound, options.sound_offset)
