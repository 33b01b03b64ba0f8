"""What a recording holds: its streams, how long they are, how large its pictures are shown."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from avsep.colours import USUAL_COLOURS, Colours, read_colours
from avsep.errors import MediaError
from avsep.timecode import USUAL_RATE, find_time_code, read_rate
from avsep.tools import TOO_SLOW, ffmpeg_command, find_tool, run_limited

# Containers that hold their streams themselves. Playlists, concatenation lists, picture
# series and subtitles name other files or addresses, and are not opened.
CONTAINERS = (
    "3gp,aac,ac3,aiff,amr,ape,asf,au,av1,avi,caf,dts,dv,eac3,flac,flv,gif,gxf,h264,hevc,ivf,"
    "m4a,m4v,matroska,mov,mp3,mp4,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,tak,tta,"
    "vc1,w64,wav,webm,wtv,wv,yuv4mpegpipe"
)
SAFELY = {"protocol_whitelist": "file,pipe", "format_whitelist": CONTAINERS}
INTERLACED = {"tt", "bb", "tb", "bt"}  # ffprobe's names for the order of fields


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound stream of a recording.

    Attributes:
        index: Its number among all streams of the file.
        sample_rate: Samples per second and channel.
        channels: How many channels it has.
    """

    index: int
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture stream of a recording.

    Attributes:
        index: Its number among all streams of the file.
        interlaced: Whether the stream says that its pictures are made of two fields.
        colours: What its numbers stand for.
        rate: Pictures per second, as editors count them.
        time_code: Of the first picture, as ``01:00:00;00``; empty if there is none.
    """

    index: int
    interlaced: bool
    colours: Colours = USUAL_COLOURS
    rate: Fraction = USUAL_RATE
    time_code: str = ""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a recording holds.

    Attributes:
        path: The file.
        duration: Seconds from time 0 to the end of the longest stream, as the file states.
        width: Pixels as shown, after rotation and with square pixels; 0 without pictures.
        height: As `width`.
        video: The picture stream in use: the one marked as default, else the first.
            A cover picture is none.
        audio: All sound streams. The one in use stands first: the one marked as
            default, else the first of the file.
    """

    path: Path
    duration: float
    width: int
    height: int
    video: VideoStream | None
    audio: tuple[AudioStream, ...]

    @property
    def has_video(self) -> bool:
        """Whether there are pictures."""
        return self.video is not None

    @property
    def colours(self) -> Colours:
        """What the pictures that are read from it stand for, as red, green and blue."""
        return self.video.colours.shown if self.video else USUAL_COLOURS


def probe(path: Path) -> MediaInfo:
    """Look at what a file holds, without decoding it.

    Raises:
        MediaError: There is no such file, or it is not a recording that can be read.
    """
    _check_file(path)
    report = _ask_ffprobe(path)
    streams, form = report.get("streams", []), report.get("format", {})
    pictures = _by_preference([s for s in streams if _is_video(s)])
    sounds = _by_preference([s for s in streams if _is_audio(s)])
    if not pictures and not sounds:
        raise MediaError(f"{path} holds neither sound nor pictures", hint="Choose a recording.")
    width, height = _shown_size(pictures[0]) if pictures else (0, 0)
    return MediaInfo(
        path=path,
        duration=float(form["duration"]) if "duration" in form else _measure_duration(path),
        width=width,
        height=height,
        video=_video_stream(pictures[0], report) if pictures else None,
        audio=tuple(map(_audio_stream, sounds)),
    )


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
    if stat.S_ISDIR(state.st_mode):
        raise MediaError(f"{path} is a folder", hint="Name a recording inside it.")
    if not stat.S_ISREG(state.st_mode):
        raise MediaError(f"{path} is a device or a pipe", hint="Save the recording as a file.")
    if not state.st_size:
        raise MediaError(f"{path} is empty", hint="Copy the recording again.")


def is_text(path: Path) -> bool:
    """Whether other programs can be told the name of a file; old archives have names of bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _ask_ffprobe(path: Path) -> dict[str, Any]:
    safely = [word for name, value in SAFELY.items() for word in (f"-{name}", value)]
    asked = ["-v", "error", *safely, "-show_format", "-show_streams", "-of", "json"]
    outcome = run_limited([str(find_tool("ffprobe")), *asked, "-i", address(path)])
    if outcome.code:
        raise unreadable(path, outcome.words)
    report: dict[str, Any] = json.loads(outcome.output)
    return report


def address(path: Path) -> str:
    """Name a file so that no part of its name is taken for an option or a protocol."""
    return f"file:{path}"


def unreadable(path: Path, words: str) -> MediaError:
    """Say why a file could not be read, in words for its owner."""
    if "whitelist" in words:
        return MediaError(
            f"{path} is not a recording but a list, a text or a single picture",
            hint="Name the recording itself.",
        )
    if words == TOO_SLOW:
        return MediaError(
            f"{path} cannot be looked at: {words}",
            hint="Copy it with ffmpeg (-c copy) into a container that states its length.",
        )
    if "No space left" in words:
        return MediaError(f"{path} cannot be decoded: the disk is full", hint="Make room there.")
    return MediaError(
        f"{path} cannot be read: {words or 'ffmpeg gave no reason'}",
        hint="It is no recording, damaged or cut off: try to play it, or copy it again.",
    )


def _is_video(stream: dict[str, Any]) -> bool:
    still = {"attached_pic", "timed_thumbnails", "still_image"}
    marks = {name for name, is_set in stream.get("disposition", {}).items() if is_set}
    return stream.get("codec_type") == "video" and bool(stream.get("width")) and not marks & still


def _is_audio(stream: dict[str, Any]) -> bool:
    whole = int(stream.get("sample_rate", 0)) and stream.get("channels", 0)
    return stream.get("codec_type") == "audio" and bool(whole)


def _by_preference(streams: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(streams, key=lambda stream: not stream.get("disposition", {}).get("default"))


def _audio_stream(stream: dict[str, Any]) -> AudioStream:
    return AudioStream(stream["index"], int(stream["sample_rate"]), stream["channels"])


def _video_stream(stream: dict[str, Any], report: dict[str, Any]) -> VideoStream:
    return VideoStream(
        stream["index"],
        stream.get("field_order") in INTERLACED,
        read_colours(stream),
        read_rate(stream),
        find_time_code(stream, report),
    )


def _shown_size(stream: dict[str, Any]) -> tuple[int, int]:
    """Find width and height as a player shows them, which is also what ffmpeg delivers."""
    wide, _, tall = stream.get("sample_aspect_ratio", "1:1").partition(":")
    stretch = int(wide) / int(tall) if int(wide) and int(tall) else 1.0
    width, height = max(1, round(stream["width"] * stretch)), int(stream["height"])
    turns = [float(data.get("rotation", 0)) for data in stream.get("side_data_list", [])]
    on_its_side = round(sum(turns) / 90) % 2 == 1
    return (height, width) if on_its_side else (width, height)


def _measure_duration(path: Path) -> float:
    """Read a file to its end where its header does not say how long it is."""
    source = ffmpeg.input(address(path), **SAFELY)
    output = source.output("-", format="null", codec="copy", progress="pipe:1")
    outcome = run_limited(ffmpeg_command(output))
    times = [line for line in outcome.output.split() if line.startswith(b"out_time_us=")]
    try:
        return int(times[-1].partition(b"=")[2]) / 1e6
    except (IndexError, ValueError):
        raise unreadable(path, outcome.words) from None
