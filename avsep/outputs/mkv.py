"""One Matroska file that holds the recording, all voices, and the subtitles that were made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from avsep.languages import tag_language
from avsep.media.muxing import bundle, comes_apart, find_language, name_heard
from avsep.media.writing import TrackFile
from avsep.names import name_product
from avsep.separation.levels import spare_peaks
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
        voices.append(TrackFile(sound, speaker.name, language, spare_peaks(sound)))
        called = [separation.folder / f"{sound.stem}{suffix}" for suffix in (".srt", ".vtt")]
        found = [path for path in called if path in written]
        if found and speaker.captions:  # ffmpeg takes no empty SubRip
            subtitles.append(TrackFile(found[0], speaker.name, language))
    for unseen in separation.unseen:
        sound = unseen.voice.full
        voices.append(TrackFile(sound, unseen.name, gain=spare_peaks(sound)))
    rest = separation.rest.full
    voices.append(TrackFile(rest, "rest", gain=spare_peaks(rest)))
    if comes_apart(separation.info):
        mixture = separation.mixture
        heard = name_heard(separation.info, mixture, find_language(voices))
        voices = [replace(heard, gain=spare_peaks(mixture)), *voices]
    bundle(separation.info, voices, subtitles, target)
    return [target]
