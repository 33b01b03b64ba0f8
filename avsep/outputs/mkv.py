"""One Matroska file that holds the recording, all voices, and the subtitles that were made."""

from __future__ import annotations

from pathlib import Path

from avsep.languages import tag_language
from avsep.media.muxing import bundle
from avsep.media.writing import TrackFile
from avsep.names import name_product
from avsep.separation.levels import spare_peaks
from avsep.separation.recording import Separation


def write_mkv(separation: Separation) -> list[Path]:
    """`debate.voices.mkv`: every voice and the rest as named tracks beside the original sound."""
    target = separation.folder / name_product(separation.info.path.stem, ".voices.mkv")
    voices, subtitles = [], []
    for speaker in separation.speakers:
        sound = speaker.voice.full
        language = tag_language(speaker.language)
        voices.append(TrackFile(sound, speaker.name, language, spare_peaks(sound)))
        written = [sound.with_suffix(suffix) for suffix in (".srt", ".vtt")]
        found = [path for path in written if path.exists()]
        if found and speaker.captions:  # ffmpeg takes no empty SubRip
            subtitles.append(TrackFile(found[0], speaker.name, language))
    rest = separation.rest.full
    voices.append(TrackFile(rest, "rest", gain=spare_peaks(rest)))
    bundle(separation.info, voices, subtitles, target)
    return [target]
