"""The source's pictures with another sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avsep.probing import MediaInfo
from avsep.writing import remux


def write_videos(source: MediaInfo, voices: Sequence[Path]) -> list[Path]:
    """Beside each voice, a video with the source's pictures, copied, and the voice as sound."""
    targets = [voice.with_suffix(source.path.suffix) for voice in voices]
    for voice, target in zip(voices, targets, strict=True):
        remux(source, voice, target)
    return targets
