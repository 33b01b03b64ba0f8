"""What lies where on the timeline of a recording: picture, voices, rest, and marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import soundfile

from avsep.media.probing import MediaInfo
from avsep.outputs.counting import Counting, count_sounds, find_footage
from avsep.outputs.stamps import WAVE
from avsep.separation.recording import Separation
from avsep.separation.stems import VoiceFiles
from avsep.timeline import Span


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour of marks, as programs call it.

    Attributes:
        interchange: OpenTimelineIO's name.
        resolve: Resolve's.
        parts: Red, green and blue, for Premiere and Final Cut Pro 7.
    """

    interchange: str
    resolve: str
    parts: tuple[int, int, int]


CROSSTALK = Colour("RED", "Red", (210, 86, 53))
SPEAKERS = (
    Colour("BLUE", "Blue", (66, 140, 201)),
    Colour("GREEN", "Green", (113, 134, 55)),
    Colour("YELLOW", "Yellow", (219, 188, 45)),
    Colour("PURPLE", "Purple", (175, 139, 177)),
    Colour("CYAN", "Cyan", (25, 244, 214)),
    Colour("ORANGE", "Sand", (228, 149, 65)),
    Colour("PINK", "Pink", (240, 120, 190)),
    Colour("MAGENTA", "Fuchsia", (200, 60, 200)),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch that is marked, in frames from the beginning of the timeline.

    Attributes:
        start: First frame.
        stop: The one after the last.
        name: Who speaks.
        colour: What tells apart who.
    """

    start: int
    stop: int
    name: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Strip:
    """A file that lies on a track of its own; counts are of frames.

    Attributes:
        name: Of the track.
        path: The file, where it lies once the result is in its place.
        begin: Where on the timeline it begins.
        frames: How much of it is shown.
        opening: Number of the file's first frame, by its own time code; 0 without.
        held: How many the file has.
        seconds: How long the file is, exactly.
        inside: The first frame of the file that is shown.
        channels: Of its sound.
        sample_rate: Of its sound, Hz.
        marks: When its speaker speaks.
    """

    name: str
    path: Path
    begin: int
    frames: int
    opening: int
    held: int
    seconds: Fraction
    inside: int = 0
    channels: int = 0
    sample_rate: int = 0
    marks: tuple[Mark, ...] = ()

    @property
    def first(self) -> int:
        """Number of the first frame that is shown."""
        return self.opening + self.inside


@dataclass(frozen=True, slots=True)
class Layout:
    """The timeline of a recording.

    Attributes:
        name: The recording's.
        counting: Its frames, from the number of the timeline's first.
        size: Width and height of the picture, pixels.
        picture: The recording, for its picture.
        sounds: Every voice, and the rest.
        crosstalk: When more than one speak.
    """

    name: str
    counting: Counting
    size: tuple[int, int]
    picture: Strip
    sounds: tuple[Strip, ...]
    crosstalk: tuple[Mark, ...]

    @property
    def frames(self) -> int:
        """How long it is."""
        return max(strip.begin + strip.frames for strip in (self.picture, *self.sounds))

    @property
    def turns(self) -> list[Mark]:
        """Everybody's stretches of speech, in order of time."""
        marks = (mark for strip in self.sounds for mark in strip.marks)
        return sorted(marks, key=lambda mark: (mark.start, mark.stop, mark.name))


def lay_out(separation: Separation) -> Layout:
    """Put the picture, every voice and the rest on tracks.

    Time 0 is the beginning of the sounds; the picture may begin later.
    """
    info = separation.info
    assert info.video is not None
    own = count_sounds(info)
    voices = [(speaker.name, speaker.voice, speaker.speaking) for speaker in separation.heard]
    sounds = [
        _lay_sound(separation, voice, name, own, tuple(_mark(spans, name, colour, own)))
        for (name, voice, spans), colour in zip(voices, _repeat(len(voices)), strict=True)
    ]
    sounds.append(_lay_sound(separation, separation.rest, "rest", own))
    crosstalk = _mark_crosstalk(separation, own)
    size = info.width, info.height
    picture = _lay_picture(info, separation.people.frames, own.rate)
    return Layout(info.path.stem, own, size, picture, tuple(sounds), tuple(crosstalk))


def _lay_picture(info: MediaInfo, frames: int, rate: Fraction) -> Strip:
    footage = find_footage(info, frames)
    begin, inside = max(0, -footage.passed), max(0, footage.passed)
    shown = footage.frames - inside
    if info.selection.stretch is not None:
        shown = min(shown, round(info.duration * rate) - begin)
    return Strip(
        info.path.stem,
        info.path.resolve(),
        begin,
        max(1, shown),
        footage.opening,
        footage.frames,
        footage.seconds,
        inside,
    )


def _lay_sound(
    separation: Separation,
    voice: VoiceFiles,
    name: str,
    counting: Counting,
    marks: tuple[Mark, ...] = (),
) -> Strip:
    held = soundfile.info(voice.full)
    seconds = Fraction(held.frames, held.samplerate)
    # No frame that the sound does not fill; that its end is rounded to a sample leaves no hole.
    filled = Fraction(held.frames + 1, held.samplerate)
    frames = max(1, int(filled * counting.rate))
    stamped = voice.file.suffix == WAVE
    return Strip(
        name,
        separation.place / voice.file.name,
        0,
        frames,
        counting.first if stamped else 0,
        frames,
        seconds,
        channels=held.channels,
        sample_rate=held.samplerate,
        marks=tuple(_end_by(frames, marks)),
    )


def _end_by(frames: int, marks: Sequence[Mark]) -> Iterator[Mark]:
    for mark in marks:
        if mark.start < frames:
            yield replace(mark, stop=min(mark.stop, frames))


def _repeat(count: int) -> list[Colour]:
    """A colour for each of so many; of more than there are, some share one."""
    return [SPEAKERS[number % len(SPEAKERS)] for number in range(count)]


def _mark(spans: Sequence[Span], name: str, colour: Colour, counting: Counting) -> Iterator[Mark]:
    for start, stop in spans:
        begin, end = counting.convert(start), counting.convert(stop)
        yield Mark(begin, max(end, begin + 1), name, colour)


def _mark_crosstalk(separation: Separation, counting: Counting) -> Iterator[Mark]:
    """Stretches of crosstalk, called after those who speak."""
    for start, stop in separation.crosstalk:
        talking = [
            speaker.name
            for speaker in separation.speakers
            if any(first < stop and start < last for first, last in speaker.speaking)
        ]
        yield from _mark([(start, stop)], " + ".join(talking), CROSSTALK, counting)
