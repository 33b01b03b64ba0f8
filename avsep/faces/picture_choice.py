"""Which of several pictures of a recording is watched: the one with faces."""

from __future__ import annotations

from dataclasses import replace

import ffmpeg
import numpy as np

from avsep.arrays import Image
from avsep.faces.detectors import FaceDetector
from avsep.media.ffmpeg import SAFELY, address, ffmpeg_command, run_tool
from avsep.media.probing import MediaInfo, select
from avsep.media.stream_choice import MORE_THAN_ONE, PLACES
from avsep.media.streams import VideoStream, find_streams

LOOKED_AT = 720  # pixels, the height in which faces are looked for; chosen by hand


def choose_picture(
    info: MediaInfo, detect: FaceDetector, video_stream: str | None = None
) -> MediaInfo:
    """Of several picture streams take the one with the most faces, as far as a look tells.

    Args:
        info: The recording.
        detect: Finds faces.
        video_stream: Number or language of the one to take instead.

    Raises:
        SettingError: It isn't there.
    """
    if video_stream:
        named = find_streams(info.videos, video_stream, "--video-stream")[0]
        return select(info, replace(info.selection, video=named))
    if len(info.videos) < MORE_THAN_ONE:
        return info
    usual = info.video
    counts = {stream.index: _count_faces(info, stream, detect) for stream in info.videos}
    best = max(info.videos, key=lambda stream: (counts[stream.index], stream is usual))
    left = "; ".join(str(stream) for stream in info.videos if stream is not best)
    remark = (
        f"The pictures are those of stream {best}. Not looked at: {left}. "
        "--video-stream chooses another."
    )
    remarks = (*info.selection.remarks, remark)
    return select(info, replace(info.selection, video=best, remarks=remarks))


def _count_faces(info: MediaInfo, stream: VideoStream, detect: FaceDetector) -> int:
    """Faces in a few frames of a stream; less than none where nothing can be decoded."""
    height = min(LOOKED_AT, stream.height)
    shape = height, max(1, round(stream.width * height / stream.height)), 3
    images = [_read_picture(info, stream, place * info.duration, shape) for place in PLACES]
    seen = [detect(image) for image in images if image is not None]
    return sum(map(len, seen)) if seen else -1


def _read_picture(
    info: MediaInfo, stream: VideoStream, time: float, shape: tuple[int, int, int]
) -> Image | None:
    height, width, _ = shape
    source = ffmpeg.input(address(info.path), ss=round(time, 2), **SAFELY)
    picture = source[str(stream.index)].filter("scale", width, height)
    output = picture.output("pipe:1", format="rawvideo", pix_fmt="rgb24", vframes=1)
    content = run_tool(ffmpeg_command(output)).output
    return np.frombuffer(content, np.uint8).reshape(shape) if content else None
