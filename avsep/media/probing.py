"""What a recording holds: its streams, how long they are, how large its picture is shown."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import ffmpeg

from avsep.errors import MediaError
from avsep.files import is_text
from avsep.media.colours import USUAL_COLOURS, Colours, read_colours
from avsep.media.container import Container
from avsep.media.ffmpeg import (
    SAFELY,
    address,
    ffmpeg_command,
    ffprobe_command,
    run_limited,
    unreadable,
)
from avsep.media.placing import Placing
from avsep.media.streams import (
    AudioStream,
    Label,
    Selection,
    VideoStream,
    select_audio,
    select_video,
)
from avsep.media.timecode import find_time_code, read_creation, read_rate

UNNAMED = {"", "none", "unknown"}  # ffprobe's names for codecs it doesn't know
UNDECODABLE = "it can't be decoded"
CLOCK = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")
INTERLACED = {"tt", "bb", "tb", "bt"}  # ffprobe's names for the order of fields


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a recording holds.

    Attributes:
        path: The file.
        duration: Seconds from time 0 to the end of the longest stream in use, as the file states.
        videos: All picture streams; a cover picture is none.
        audio: All sound streams.
        selection: Those of them that are in use.
        container: What the file tells of itself as a whole.
        own_sound: A file from which the sound comes instead.
        placing: Where that sound lies in the recording, once it is known; of another camera,
            where that lies.
        cameras: Others of the same event, in their places.
        created: When it was recorded, as its file says; None if it doesn't.
    """

    path: Path
    duration: float
    videos: tuple[VideoStream, ...]
    audio: tuple[AudioStream, ...]
    selection: Selection
    container: Container = Container()  # noqa: RUF009 - it cannot change
    created: datetime | None = None
    own_sound: MediaInfo | None = None
    placing: Placing | None = None
    cameras: tuple[MediaInfo, ...] = ()

    @property
    def video(self) -> VideoStream | None:
        """The picture stream in use."""
        return self.selection.video

    @property
    def whole_video(self) -> VideoStream | None:
        """The same as the file holds it, also where only a part is read."""
        if self.video is None:
            return None
        index = self.video.index
        return next((video for video in self.videos if video.index == index), self.video)

    @property
    def heard(self) -> tuple[AudioStream, ...]:
        """The sound streams in use."""
        return self.selection.audio

    @property
    def used(self) -> list[AudioStream | VideoStream]:
        """All streams in use."""
        return [*self.heard, *([self.video] if self.video else [])]

    @property
    def zero(self) -> float:
        """Second of the container's clock that is time 0 of the whole recording."""
        return self.container.find_zero([stream.label for stream in self.used])

    @property
    def start(self) -> float:
        """Second of the file at which what is read begins: time 0."""
        return self.selection.stretch[0] if self.selection.stretch else 0.0

    @property
    def has_video(self) -> bool:
        """Whether there is a picture."""
        return self.video is not None

    @property
    def colours(self) -> Colours:
        """What the frames that are read from it stand for, as red, green and blue."""
        return self.video.colours.shown if self.video else USUAL_COLOURS

    @property
    def width(self) -> int:
        """Pixels as shown, after rotation and with square pixels; 0 without pictures."""
        return self.video.width if self.video else 0

    @property
    def height(self) -> int:
        """As `width`."""
        return self.video.height if self.video else 0

    @property
    def sample_rate(self) -> int:
        """Samples per second of the sound in use: the highest of its streams."""
        heard = self.own_sound.heard if self.own_sound else self.heard
        return max((stream.sample_rate for stream in heard), default=0)

    @property
    def channels(self) -> int:
        """Channels of the sound in use."""
        heard = self.own_sound.heard if self.own_sound else self.heard
        return sum(stream.channels for stream in heard)


def probe(path: Path, *, closely: bool = True) -> MediaInfo:
    """Look at what a file holds, without decoding it.

    Args:
        path: The file.
        closely: Whether to read it to the end where its header says nothing, or nothing that
            can be believed, of its length; the length is 0 otherwise.

    Raises:
        MediaError: There is no such file, or it is not a recording that can be read.
    """
    _check_file(path)
    report = _ask_ffprobe(path)
    streams, form = report.get("streams", []), report.get("format", {})
    container = _read_container(form, path)
    if container.is_counted:
        for stream in streams:
            stream.pop("duration", None)
    videos = tuple(_video_stream(stream, report) for stream in streams if _is_video(stream))
    audio = tuple(_audio_stream(stream) for stream in streams if _is_audio(stream))
    if not videos and not audio:
        raise MediaError(f"{path} holds neither sound nor pictures", hint="Choose a recording.")
    faults = {stream.index: UNDECODABLE for stream in audio if not stream.label.codec}
    selection = Selection(select_audio(audio, faults), select_video(videos))
    made = read_creation(form.get("tags", {}))
    info = select(MediaInfo(path, 0.0, videos, audio, selection, container, made), selection)
    return info if info.duration or not closely else replace(info, duration=_measure(info))


def select(info: MediaInfo, selection: Selection) -> MediaInfo:
    """The same recording with other streams in use, and the length that goes with them."""
    chosen = replace(info, selection=selection)
    length = chosen.container.find_length([stream.label for stream in chosen.used])
    return chosen if length is None else replace(chosen, duration=length)


def _check_file(path: Path) -> None:
    if not is_text(path):
        raise MediaError(f"{path} has a name that is no UTF-8", hint="Rename it.")
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError(
            f"{path} does not exist", hint="Check the spelling of the name."
        ) from error
    except OSError as error:
        raise MediaError(
            f"{path} can't be looked at ({error.strerror})", hint="May you read its folder?"
        ) from error
    if stat.S_ISDIR(state.st_mode) and not os.access(path, os.R_OK | os.X_OK):
        raise MediaError(f"{path} can't be looked into", hint="May you read this folder?")
    if stat.S_ISDIR(state.st_mode):
        raise MediaError(f"{path} is a folder", hint="Name a recording inside it.")
    if not stat.S_ISREG(state.st_mode):
        raise MediaError(f"{path} is a device or a pipe", hint="Save the recording as a file.")
    if not state.st_size:
        raise MediaError(f"{path} is empty", hint="Copy the recording again.")


def _ask_ffprobe(path: Path) -> dict[str, Any]:
    outcome = run_limited(ffprobe_command(path, "-show_format", "-show_streams", "-of", "json"))
    if outcome.code:
        raise unreadable(path, outcome.words)
    report: dict[str, Any] = json.loads(outcome.output)
    return report


def _read_container(form: dict[str, Any], path: Path) -> Container:
    return Container(
        form.get("format_name", ""),
        float(form.get("start_time", 0)),
        float(form["duration"]) if "duration" in form else None,
        path.stat().st_size,
    )


def _is_video(stream: dict[str, Any]) -> bool:
    still = {"attached_pic", "timed_thumbnails", "still_image"}
    marks = {name for name, is_set in stream.get("disposition", {}).items() if is_set}
    return stream.get("codec_type") == "video" and bool(stream.get("width")) and not marks & still


def _is_audio(stream: dict[str, Any]) -> bool:
    whole = int(stream.get("sample_rate", 0)) and stream.get("channels", 0)
    return stream.get("codec_type") == "audio" and bool(whole)


def _audio_stream(stream: dict[str, Any]) -> AudioStream:
    rate, channels = int(stream["sample_rate"]), stream["channels"]
    return AudioStream(stream["index"], rate, channels, _read_label(stream))


def _video_stream(stream: dict[str, Any], report: dict[str, Any]) -> VideoStream:
    return VideoStream(
        stream["index"],
        stream.get("field_order") in INTERLACED,
        *_shown_size(stream),
        _read_label(stream),
        _read_turn(stream),
        read_colours(stream),
        read_rate(stream),
        find_time_code(stream, report),
    )


def _read_label(stream: dict[str, Any]) -> Label:
    codec = stream.get("codec_name", "")
    tags = {name.lower(): text for name, text in stream.get("tags", {}).items()}
    return Label(
        codec="" if codec in UNNAMED else codec,
        language=tags.get("language", ""),
        title=tags.get("title", ""),
        marks=frozenset(k for k, is_set in stream.get("disposition", {}).items() if is_set),
        start=float(stream.get("start_time", 0)),
        span=_read_span(stream, tags),
    )


def _read_span(stream: dict[str, Any], tags: dict[str, str]) -> tuple[float, float] | None:
    start = float(stream.get("start_time", 0))
    if "duration" in stream:
        return start, start + float(stream["duration"])
    if clock := CLOCK.fullmatch(tags.get("duration", "")):  # Matroska's, of the end
        hours, minutes, seconds = map(float, clock.groups())
        return start, 3600 * hours + 60 * minutes + seconds
    return None


def _read_turn(stream: dict[str, Any]) -> int:
    turns = [float(data.get("rotation", 0)) for data in stream.get("side_data_list", [])]
    return round(sum(turns)) % 360


def _shown_size(stream: dict[str, Any]) -> tuple[int, int]:
    """Find width and height as a player shows them, which is also what ffmpeg delivers."""
    wide, _, tall = stream.get("sample_aspect_ratio", "1:1").partition(":")
    stretch = int(wide) / int(tall) if int(wide) and int(tall) else 1.0
    width, height = max(1, round(stream["width"] * stretch)), int(stream["height"])
    on_its_side = round(_read_turn(stream) / 90) % 2 == 1
    return (height, width) if on_its_side else (width, height)


def _measure(info: MediaInfo) -> float:
    """Read a file to its end where its header does not say how long it is."""
    source = ffmpeg.input(address(info.path), **SAFELY)
    streams = [source[str(stream.index)] for stream in info.used]
    output = ffmpeg.output(*streams, "-", format="null", codec="copy", progress="pipe:1")
    outcome = run_limited(ffmpeg_command(output))
    times = [line for line in outcome.output.split() if line.startswith(b"out_time_us=")]
    try:
        return int(times[-1].partition(b"=")[2]) / 1e6
    except (IndexError, ValueError):
        raise unreadable(info.path, outcome.words) from None


# Files with these names are meant to be videos: if one can't be read, the user hears of it.
VIDEO_SUFFIXES = frozenset(
    [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp"]
)
