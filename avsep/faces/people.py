"""People: who is visible, when, and their mouths."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats, Image
from avsep.faces.faults import Fault
from avsep.faces.portraits import name_portrait, read_portrait
from avsep.faces.tracks import Track
from avsep.names import name_speaker
from avsep.timeline import FRAME_RATE, Seconds, Span, in_seconds, mark_spans
from avsep.timeline import bridge as join_spans


@dataclass(frozen=True, slots=True)
class Person:
    """One person's lips in a whole recording.

    Attributes:
        number: From 1, as people are shown to the user.
        clips: Their mouths, one for each unbroken appearance.
    """

    number: int
    clips: tuple[LipClip, ...]

    @property
    def name(self) -> str:
        """What they are called as long as nobody gives them a name."""
        return name_speaker(self.number)

    @property
    def members(self) -> tuple[Person, ...]:
        """Everybody who is meant: a group is one person to whoever need not tell them apart."""
        clips: dict[int, list[LipClip]] = {}
        for clip in self.clips:
            clips.setdefault(clip.track.person, []).append(clip)
        return tuple(Person(number, tuple(clips[number])) for number in sorted(clips))

    @property
    def spans(self) -> tuple[Span, ...]:
        """When they are seen, in frames and in order; a cut alone hides nobody."""
        return join_spans(sorted(clip.track.span for clip in self.clips), pause=0)

    @property
    def times(self) -> list[Seconds]:
        """The spans in seconds."""
        return [in_seconds(span) for span in self.spans]

    @property
    def seconds(self) -> float:
        """How long they are visible in all."""
        return sum(stop - start for start, stop in self.spans) / FRAME_RATE

    @property
    def portrait(self) -> Image:
        """The best look at their face in the longest clip, (160, 160, 3), RGB."""
        return max(self.clips, key=lambda clip: len(clip.track.boxes)).portrait

    def read(self, start: int, stop: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Mouths (frames, size, size) and where they are seen (frames,)."""
        # Zero where a clip has nothing, so the sum of all is each in its place.
        mouths = np.zeros((stop - start, self.clips[0].size, self.clips[0].size), np.uint8)
        for clip in self.clips:
            if clip.track.start < stop and start < clip.track.stop:
                mouths += clip.read(start, stop)
        return mouths, self.mark_seen(start, stop)

    def mark_seen(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Where the mouth is seen, (frames,)."""
        return mark_spans(((c.track.start, c.track.stop) for c in self.clips), start, stop)


@dataclass(frozen=True, slots=True, eq=False)
class LipClip:
    """The mouth of one person for as long as they are seen without a break.

    Attributes:
        track: Who, when and where.
        path: Raw file, one byte per pixel, shape (frames, size, size), grey.
        size: Side of the crop in pixels.
        keeper: Keeps the file for as long as somebody has a clip, where nobody else does.
        passed: Frames in the file before the first of the track.
    """

    track: Track
    path: Path
    size: int
    keeper: object = None
    passed: int = 0

    @property
    def portrait(self) -> Image:
        """Best look at the face, (160, 160, 3), RGB, from the file beside the mouths."""
        return read_portrait(name_portrait(self.path))

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Read the mouth in the recording's frames from `start` up to `stop`.

        Returns:
            Grey frames, shape (stop - start, size, size), zero where the person is not seen.
        """
        mouths = np.zeros((stop - start, self.size, self.size), np.uint8)
        first, last = max(start, self.track.start), min(stop, self.track.stop)
        if first < last:
            area = self.size * self.size
            offset = (first - self.track.start + self.passed) * area
            count = (last - first) * area
            found = np.fromfile(self.path, np.uint8, count=count, offset=offset)
            mouths[first - start : last - start] = found.reshape(-1, self.size, self.size)
        return mouths


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """Somebody who is seen, but whose lips cannot be read, and why not."""

    track: Track
    fault: Fault

    @property
    def reason(self) -> str:
        """Why not, as a clause."""
        return str(self.fault)


@dataclass(frozen=True, eq=False)
class People:
    """Everybody who is visible in a recording.

    Attributes:
        clips: Mouths, in the order in which they appear.
        dropped: Faces that were left out.
        frames: Length of the recording in frames.
        cuts: First frame of every shot but the first.
    """

    clips: tuple[LipClip, ...]
    dropped: tuple[Dropped, ...]
    frames: int
    cuts: tuple[int, ...]

    @cached_property
    def persons(self) -> tuple[Person, ...]:
        """Everybody once, by their numbers, with all their appearances."""
        clips: dict[int, list[LipClip]] = {}
        for clip in self.clips:
            clips.setdefault(clip.track.person, []).append(clip)
        return tuple(Person(number, tuple(clips[number])) for number in sorted(clips))


def keep_with(keeper: object, people: People) -> People:
    """The same people, whose files are kept for as long as any of their clips is used."""
    return replace(people, clips=tuple(replace(clip, keeper=keeper) for clip in people.clips))


def bridge(clips: Iterable[LipClip], longest: int) -> list[LipClip]:
    """Join a person's clips of one shot where they are lost for a moment only.

    A face that jumps is lost for a few frames and found as a new one.

    Args:
        clips: Of everybody, in any order, with people's final numbers.
        longest: Frames between two clips up to which they are joined.

    Returns:
        By first frame, then by person.
    """
    joined: list[LipClip] = []
    for clip in sorted(clips, key=lambda clip: (clip.track.person, clip.track.start)):
        before = joined[-1].track if joined else None
        if (
            before is not None
            and (before.person, before.shot) == (clip.track.person, clip.track.shot)
            and clip.track.start - before.stop <= longest
        ):
            joined[-1] = _join(joined[-1], clip)
        else:
            joined.append(clip)
    return sorted(joined, key=lambda clip: (clip.track.start, clip.track.person))


def _join(before: LipClip, after: LipClip) -> LipClip:
    """Two clips of a person as one; between them the nearest look at the mouth stands in."""
    missed = after.track.start - before.track.stop
    held = (missed + 1) // 2
    times = [*[before.track.stop - 1] * held, *[after.track.start] * (missed - held)]
    with before.path.open("ab") as file:
        for time in times:
            nearest = before if time < before.track.stop else after
            file.write(nearest.read(time, time + 1).tobytes())
        with after.path.open("rb") as rest:
            shutil.copyfileobj(rest, file)
    after.path.unlink()
    track = replace(
        before.track,
        boxes=_hold(before.track.boxes, after.track.boxes, held, missed),
        points=_hold(before.track.points, after.track.points, held, missed),
    )
    if len(before.track.boxes) < len(after.track.boxes):
        name_portrait(after.path).replace(name_portrait(before.path))
    name_portrait(after.path).unlink(missing_ok=True)
    return replace(before, track=track)


def _hold(before: Floats, after: Floats, held: int, missed: int) -> Floats:
    """One after the other, the last row of the first and the first of the second in between."""
    return np.concatenate(
        [before, before[-1:].repeat(held, 0), after[:1].repeat(missed - held, 0), after]
    )
