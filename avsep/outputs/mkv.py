"""One Matroska file that holds the recording, all voices, and the subtitles that were made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from avsep.languages import tag_language
from avsep.media.muxing import bundle, comes_apart, find_language, name_heard
from avsep.media.writing import TrackFile
from avsep.names import name_product
from avsep.separation.levels import spare_together
from avsep.separation.recording import Separation

SUFFIX = ".voices.mkv"


def write_mkv(separation: Separation, written: Collection[Path] = ()) -> list[Path]:
    """`debate.voices.mkv`: every voice and the rest as named tracks beside the original sound.

    Args:
        separation: The recording and its voices.
        written: Subtitles that were made; of each speaker one file is taken, SubRip before WebVTT.
    """
    target = separation.folder / name_product(separation.info.path.stem, SUFFIX)
    voices, subtitles = [], []
    for speaker in separation.speakers:
        sound = speaker.voice.full
        language = tag_language(speaker.language)
        voices.append(TrackFile(sound, speaker.name, language))
        called = [separation.folder / f"{sound.stem}{suffix}" for suffix in (".srt", ".vtt")]
        found = [path for path in called if path in written]
        if found and speaker.captions:  # ffmpeg takes no empty SubRip
            subtitles.append(TrackFile(found[0], speaker.name, language))
    voices += [TrackFile(unseen.voice.full, unseen.name) for unseen in separation.unseen]
    voices.append(TrackFile(separation.rest.full, "rest"))
    if comes_apart(separation.info):
        heard = name_heard(separation.info, separation.mixture, find_language(voices))
        voices = [heard, *voices]
    gain = spare_together((voice.path for voice in voices), target.name)
    voices = [replace(voice, gain=gain) for voice in voices]
    bundle(separation.info, voices, subtitles, target)
    return [target]
