"""Parts of a recording as inputs of ffmpeg: found fast, and cut to the sample."""

from __future__ import annotations

from typing import Any

import ffmpeg

from avsep.media.ffmpeg import SAFELY, address
from avsep.media.probing import MediaInfo

EARLIER = 2.0  # seconds before a part at which reading begins, for what decoders need


def open_source(info: MediaInfo, **how: Any) -> Any:  # noqa: ANN401 - ffmpeg has no types
    """A recording as an input, of which what lies before the part in use may be left out.

    Times stay those of the whole.
    """
    if can_seek(info) and info.start > EARLIER:
        # Frames before the asked time are wanted too: of two seconds' distance one may be shown.
        seek = {"ss": f"{info.start - EARLIER:.6f}", "noaccurate_seek": None}
        how |= {**seek, "copyts": None, "start_at_zero": None}
    return ffmpeg.input(address(info.path), **how, **SAFELY)


def can_seek(info: MediaInfo) -> bool:
    """Whether the part in use is found without decoding all that lies before it."""
    return info.selection.stretch is not None and info.container.is_indexed


def cut_pictures(info: MediaInfo, frames: Any, lead: float = 0.0) -> Any:  # noqa: ANN401
    """The frames of the part in use, from time 0 on, at the rate of the recording.

    Args:
        info: The recording.
        frames: Of the whole.
        lead: Seconds at which the time 0 of the recording lies in them.
    """
    if info.selection.stretch is None or info.video is None:
        return frames
    start = f"{info.start + lead:.6f}"
    # The frame that is shown when the part begins has begun before.
    frames = frames.filter("fps", str(info.video.rate), start_time=start)
    frames = frames.filter("setpts", f"PTS-{start}/TB")
    return frames.filter("trim", end_frame=max(1, round(info.duration * info.video.rate)))


def cut_sound(info: MediaInfo, sound: Any, lead: float = 0.0) -> Any:  # noqa: ANN401
    """The samples of the part in use, as `cut_pictures`."""
    if info.selection.stretch is None:
        return sound
    start, stop = (time + lead for time in info.selection.stretch)
    sound = sound.filter("atrim", start=f"{start:.6f}", end=f"{stop:.6f}")
    return sound.filter("asetpts", f"PTS-{start:.6f}/TB")


def stamp(info: MediaInfo) -> dict[str, str]:
    """The time code of a part's first frame, as options of ffmpeg.

    Some containers have it of the picture, others of the whole; what the recording says of the
    whole would be copied.
    """
    if info.selection.stretch is None or info.video is None:
        return {}
    code = f"timecode={info.video.time_code}"
    return {"metadata:s:v:0": code, "metadata": code}
