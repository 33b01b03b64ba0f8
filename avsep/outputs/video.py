"""The source's pictures with another sound."""

from __future__ import annotations

from pathlib import Path

from avsep.separation import Separation
from avsep.writing import remux


def write_videos(separation: Separation) -> list[Path]:
    """Beside each voice, a video with the source's pictures, copied, and the voice as sound."""
    source = separation.info
    voices = [speaker.voice.full for speaker in separation.speakers]
    targets = [voice.with_suffix(source.path.suffix) for voice in voices]
    for voice, target in zip(voices, targets, strict=True):
        remux(source, voice, target)
    return targets
