"""Frames as they are shown: what ffmpeg is told to turn streams into them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from avsep.media.colours import Colours, write_tone_table
from avsep.media.streams import VideoStream
from avsep.timeline import FRAME_RATE

DECODER_THREADS = 2
# Without this a change of size midway would start the time anew.
UNBROKEN = {"reinit_filter": 0}


def as_shown(
    source: Any,  # noqa: ANN401 - the builder has no types
    video: VideoStream,
    size: tuple[int, int],
    folder: Path,
    *,
    start: float = 0.0,
) -> Any:  # noqa: ANN401
    """The frames of an input of ffmpeg as `avsep.media.reading.read_frames` gives them.

    Args:
        source: The input, opened with `UNBROKEN`.
        video: Its picture stream.
        size: Width and height that are wanted.
        folder: For a table of colours, which is in use for as long as ffmpeg runs.
        start: Second that becomes time 0.
    """
    frames = source[str(video.index)]
    if video.interlaced:
        frames = frames.filter("bwdif", mode="send_frame", deint="interlaced")
    frames = frames.filter("fps", FRAME_RATE, start_time=start)
    if start:
        frames = frames.filter("setpts", f"PTS-{start:.6f}/TB")
    return _to_colours(frames, video.colours, size, folder)


def _to_colours(frames: Any, colours: Colours, size: tuple[int, int], folder: Path) -> Any:  # noqa: ANN401
    """Scale frames to what `Colours.shown` says, high dynamic range toned down.

    Matrix and range are always named: where a stream is silent, ffmpeg takes it for BT.601.
    Where nothing changes, ffmpeg passes brightness and colours on as they are.
    """
    frames = frames.filter("scale", *size, **colours.kept)
    if colours.high_dynamic_range:
        table = write_tone_table(colours, folder / "tone.cube")
        frames = frames.filter("format", "gbrp16le")
        frames = frames.filter("lut3d", file=str(table), interp="tetrahedral")
        frames = frames.filter("scale", **colours.shown.kept)
    return frames
