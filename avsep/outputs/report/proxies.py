"""Small copies of a recording's picture and sounds, for players in a page."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path

from avsep.media.probing import MediaInfo
from avsep.media.reading import read_frames
from avsep.media.writing import write_video

PICTURE_HEIGHT = 240  # px
PICTURE_QUALITY = 32  # constant rate factor of H.264: small rather than good


def copy_picture(info: MediaInfo, target: Path) -> Path:
    """Write a recording's picture small, without sound, beginning at time 0."""
    with closing(read_frames(info, max_height=PICTURE_HEIGHT)) as images:
        # The encoder wants even sizes, and would fill them up with black.
        even = (image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2] for image in images)
        write_video(target, even, quality=PICTURE_QUALITY, colours=info.colours)
    return target


def embed(content: bytes, kind: str) -> str:
    """An address that holds what it leads to.

    Args:
        content: Of the file.
        kind: Its media type.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
