"""The streams of a recording, and the rules by which some of them are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from avsep.errors import SettingError
from avsep.languages import read_language
from avsep.media.colours import USUAL_COLOURS, Colours
from avsep.media.timecode import USUAL_RATE
from avsep.timeline import Seconds

# ffprobe's marks of sounds that aren't what was said in front of the camera.
ASIDE = frozenset(
    ["comment", "clean_effects", "descriptions", "dub", "karaoke", "lyrics", "visual_impaired"]
)
# The same, as people call their streams.
CALLED_ASIDE = re.compile(
    r"comment(?!ato)|kommentar|descri|\bdub|voice.?over|interpret|translat|dolmetsch"
    r"|music|effects|\bm ?& ?e\b|line.?up|\btone\b|time.?code|\bltc\b|talk.?back",
    re.IGNORECASE,
)
CHANNELS = {1: "mono", 2: "stereo"}
UNTOLD = {"", "und"}  # languages that aren't told
SILENT = "it is silent"


@dataclass(frozen=True, slots=True)
class Label:
    """What a container tells of a stream beside its format.

    Attributes:
        codec: As ffprobe calls it; empty if it is unknown.
        language: As the container writes it, mostly ISO 639-2; empty if it isn't told.
        title: What somebody called it.
        marks: ffprobe's dispositions that are set.
        start: Seconds at which it begins, on the container's clock.
        span: Seconds from which and up to which it lasts; None if that isn't told.
    """

    codec: str = ""
    language: str = ""
    title: str = ""
    marks: frozenset[str] = frozenset()
    start: float = 0.0
    span: tuple[float, float] | None = None

    @property
    def seconds(self) -> float | None:
        """How long it lasts."""
        return None if self.span is None else self.span[1] - self.span[0]


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound stream of a recording.

    Attributes:
        index: Its number among all streams of the file.
        sample_rate: Samples per second and channel.
        channels: How many channels it has.
        label: What else is told of it.
    """

    index: int
    sample_rate: int
    channels: int
    label: Label = Label()

    @property
    def is_aside(self) -> bool:
        """Whether it says that it isn't what was spoken in front of the camera."""
        return bool(self.label.marks & ASIDE or CALLED_ASIDE.search(self.label.title))

    def __str__(self) -> str:
        channels = CHANNELS.get(self.channels, f"{self.channels} channels")
        return _describe(self.index, channels, self.label)


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A picture stream of a recording.

    Attributes:
        index: Its number among all streams of the file.
        interlaced: Whether the stream says that its frames are made of two fields.
        width: Pixels as shown, after rotation and with square pixels.
        height: As `width`.
        label: What else is told of it.
        turned: Degrees by which players turn the frames.
        colours: What its numbers stand for.
        rate: Frames per second, as editors count them.
        time_code: Of the first frame, as ``01:00:00;00``; empty if there is none.
    """

    index: int
    interlaced: bool
    width: int
    height: int
    label: Label = Label()
    turned: int = 0
    colours: Colours = USUAL_COLOURS
    rate: Fraction = USUAL_RATE
    time_code: str = ""

    def __str__(self) -> str:
        return _describe(self.index, f"{self.width}x{self.height}", self.label)


def _describe(index: int, kind: str, label: Label) -> str:
    told = [label.codec or "unknown codec", kind]
    told += [label.language] if label.language not in UNTOLD else []
    told += [f'"{label.title}"'] if label.title else []
    return f"{index} ({', '.join(told)})"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is read of a recording: decided once, and obeyed by everything that reads it.

    Attributes:
        audio: Sound streams in the order of the file; together their channels are the sound.
        video: The picture stream.
        remarks: What was left and why, for the user, a sentence each.
        stretch: From which second up to which it is read; None for all of it. Time 0 is where
            it begins.
        whole: Seconds that all of it lasts, where a part is read.
    """

    audio: tuple[AudioStream, ...]
    video: VideoStream | None
    remarks: tuple[str, ...] = ()
    stretch: Seconds | None = None
    whole: float = 0.0


def select_audio(
    streams: Sequence[AudioStream], faults: Mapping[int, str], language: str = ""
) -> tuple[AudioStream, ...]:
    """The best sound stream, and if it is mono, all that seem to be recorded beside it.

    Recorders keep a mono stream for each microphone. Other languages, commentaries and what has
    faults is left.

    Args:
        streams: In the order of the file.
        faults: What speaks against a stream, by index.
        language: The spoken one, ISO 639, if that is known.
    """

    def rank(stream: AudioStream) -> tuple[bool, ...]:
        return (
            stream.index in faults,
            stream.is_aside,
            bool(language) and _simplify(stream.label.language) != _simplify(language),
            "original" not in stream.label.marks,
            "default" not in stream.label.marks,
        )

    best = min(streams, key=rank, default=None)
    if best is None or best.channels != 1:
        return () if best is None else (best,)
    return tuple(s for s in streams if s is best or _belongs(s, best, faults))


def _belongs(stream: AudioStream, best: AudioStream, faults: Mapping[int, str]) -> bool:
    """Whether it is another microphone of the same recording; one that is silent is no harm."""
    return (
        stream.channels == 1
        and stream.is_aside == best.is_aside
        and _simplify(stream.label.language) == _simplify(best.label.language)
        and faults.get(stream.index, SILENT) == SILENT
    )


def select_video(streams: Sequence[VideoStream]) -> VideoStream | None:
    """The picture stream that lasts, and is marked as default, or else the first.

    A picture that is shown for a moment is a cover, whatever it is marked as.
    """
    longest = max((stream.label.seconds or 0.0 for stream in streams), default=0.0)

    def rank(stream: VideoStream) -> tuple[bool, ...]:
        seconds = stream.label.seconds
        is_brief = seconds is not None and seconds < longest / 10
        return is_brief, "default" not in stream.label.marks

    return min(streams, key=rank, default=None)


S = TypeVar("S", AudioStream, VideoStream)


def find_streams(streams: Sequence[S], wanted: str, option: str) -> tuple[S, ...]:
    """The streams that somebody names, in that order.

    Args:
        streams: All of a kind.
        wanted: Numbers as ffprobe counts, or languages, separated by commas.
        option: By which they are named.

    Raises:
        SettingError: One isn't there.
    """
    found: dict[int, S] = {}
    for word in wanted.split(","):
        named = [stream for stream in streams if _is_called(stream, word)]
        if not named:
            there = ", ".join(map(str, streams)) or "none"
            raise SettingError(
                f"there is no stream {word} for {option}",
                hint=f"The streams of this kind are {there}.",
            )
        found.update((stream.index, stream) for stream in named)
    return tuple(found.values())


def _is_called(stream: AudioStream | VideoStream, word: str) -> bool:
    if word.isdecimal():
        return stream.index == int(word)
    return _simplify(stream.label.language) == _simplify(word)


def _simplify(language: str) -> str:
    """One code for each language: containers write "ger", "deu" or "de"."""
    try:
        return "" if language in UNTOLD else read_language(language)
    except SettingError:
        return language.lower()
