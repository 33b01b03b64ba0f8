"""Who is seen while a recording goes on: faces followed, numbered at once, mouths at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats
from avsep.faces.cast import Cast
from avsep.faces.changes import describe
from avsep.faces.copies import LONGEST, compare, name_copy
from avsep.faces.crops import GrowingClip
from avsep.faces.faults import Fault, find_fault
from avsep.faces.growing import GrowingClips
from avsep.faces.identity import OTHER_FACE
from avsep.faces.motion import STILL, measure_motion
from avsep.faces.people import LipClip, Person
from avsep.faces.portraits import POSE
from avsep.faces.scan import Looking, Scanner
from avsep.faces.schedule import SearchConfig
from avsep.faces.tracks import Track, Trail, measure_sizes
from avsep.media.picture import Picture
from avsep.model.lip_reader import DEPTH
from avsep.timeline import FRAME_RATE, Span

DECIDED = FRAME_RATE  # frames of a face after which its person has a number
WATCHED = 2 * FRAME_RATE  # latest mouths of which one must have moved
COMPARED = 15  # frames of two mouths without which nobody says that they are one
SIDE = DEPTH // 2  # frames that the lip reader sees beyond those that it speaks for
PHOTOGRAPH = Fault("its lips never move, as in a photograph")


@dataclass(slots=True, eq=False)
class Appearance:
    """Somebody for as long as they are seen without a break.

    Attributes:
        clip: Their mouths.
        since: First frame in which they are seen, for what is made from now on.
        until: The frame after the last; None for as long as it isn't known.
        number: Of the person; 0 for nobody yet.
        parts: Which of the faces that the clip has had it is.
        fault: Why nobody's lips can be read, as things stand.
        tried: Frames of it when it was last looked at.
        told: Whether anybody was told that they are seen.
        over: The same, that they no longer are.
    """

    clip: GrowingClip
    since: int
    until: int | None = None
    number: int = 0
    parts: int = 1
    fault: Fault | None = None
    tried: int = 0
    told: bool = False
    over: bool = False

    @property
    def stop(self) -> int:
        """The frame after the last that is known."""
        known = self.clip.trail.start + self.clip.written
        return known if self.until is None else min(self.until, known)

    @property
    def box(self) -> list[int]:
        """The face when it is first seen, in pixels."""
        rows = self.clip.trail.rows
        row = min(max(0, self.since - self.clip.trail.start), len(rows) - 1)
        return [round(float(edge)) for edge in rows[row][:4]]


class Watcher:
    """Follows faces frame by frame, and says who is seen.

    All frames that go in and come out are those of the recording.

    Attributes:
        appearances: Of which frames may still be wanted, by first sight.
        frames: How many frames have been seen, those before the first included.
        dropped: Who was left out since somebody asked.
    """

    def __init__(self, how: Looking, folder: Path, cast: Cast, first: int = 0) -> None:
        """Begin to watch.

        Args:
            how: Faces are found and described.
            folder: For the mouths.
            cast: Everybody who has a number.
            first: The first frame that will be seen.
        """
        self.appearances: list[Appearance] = []
        self.dropped: list[tuple[Span, Fault]] = []
        self._clips = GrowingClips(folder, how.size, how.embed, whole=True)
        self._scanner = Scanner(how.detect, SearchConfig(), self._clips)
        self._how, self._cast, self._first = how, cast, first
        self._known = 0  # clips that have an appearance, or have had one

    @property
    def frames(self) -> int:
        """How many frames have been seen, those before the first included."""
        return self._first + self._scanner.frames

    @property
    def cuts(self) -> list[int]:
        """First frames of the shots but the first."""
        return [self._first + cut for cut in self._scanner.cuts]

    def take(self, picture: Picture, *, cut: int) -> None:
        """See the next frame, and what `avsep.faces.shots.mark_cuts` says of it."""
        self._scanner.take(picture, cut=cut)
        self._scanner.catch_up()

    def end(self) -> None:
        """No more frames come."""
        self._scanner.end_shot()
        self._scanner.close()

    def search_as(self, config: SearchConfig) -> None:
        """Look for faces as often as that from now on."""
        self._scanner.search_as(config)

    def settle(self, made: int) -> int:
        """Give numbers to whom they can be given; say up to which frame all is certain.

        Args:
            made: Frames whose voices are written, which nothing can change.
        """
        made -= self._first
        for clip in self._clips.all[self._known :]:
            self.appearances.append(Appearance(clip, max(made, clip.trail.start)))
        self._known = len(self._clips.all)
        open_clips = self._clips.open
        undecided = [own for own in self.appearances if not own.number and own.until is None]
        for own in sorted(undecided, key=lambda own: (own.since, own.box)):
            self._decide(own, made, is_open=own.clip in open_clips)
        for own in list(self.appearances):
            self._follow_change(own, made, is_open=own.clip in open_clips)
        waiting = [own for own in self.appearances if own.until is None and not own.fault]
        due = [own.clip.due if own.number else own.since for own in waiting]
        return self._first + min([*due, self._scanner.searched + 1])

    def find_people(self, start: int, stop: int) -> list[Person]:
        """Who is seen around some frames, with the mouths that are known there."""
        low, high = (frame - self._first for frame in (start - SIDE, stop + SIDE))
        clips: dict[int, list[LipClip]] = {}
        for own in self.appearances:
            first, last = max(low, own.since), min(high, own.stop)
            if own.number and first < last:
                clips.setdefault(own.number, []).append(self._cut(own, first, last))
        return [Person(number, tuple(clips[number])) for number in sorted(clips)]

    def list_seen(self) -> Iterator[tuple[Appearance, tuple[int, int | None]]]:
        """Everybody who has a number, and when they are seen."""
        for own in sorted(self.appearances, key=lambda own: own.number):
            if own.number:
                until = None if own.until is None else own.until + self._first
                yield own, (own.since + self._first, until)

    def forget(self, frame: int) -> None:
        """Let go of what was over before a frame."""
        gone = [
            own
            for own in self.appearances
            if own.until is not None and own.until + self._first < frame
        ]
        for own in gone:
            self.appearances.remove(own)
            still = any(other.clip is own.clip for other in self.appearances)
            if not still and own.clip not in self._clips.open:
                self._clips.forget(own.clip)
                self._known -= 1

    def _decide(self, own: Appearance, made: int, *, is_open: bool) -> None:
        """Give a number to somebody who has been seen for long enough."""
        clip = own.clip
        length = len(clip.trail.rows)
        if is_open and (length < DECIDED or length < own.tried + POSE // 2):
            return
        own.tried = length
        if own.fault:  # so far nobody knew of them
            own.since = max(own.since, min(made, clip.trail.stop))
        own.fault = find_fault(_take_latest(clip.trail)) if is_open else clip.fault
        if is_open and not own.fault and self._is_still(clip):
            own.fault = PHOTOGRAPH
        face = None if own.fault else self._describe(clip)
        own.fault = own.fault or self._find_copied(own, face)
        if not own.fault:
            self._name(own, own.since, face)
        elif not is_open:
            own.until = clip.trail.stop
            span = clip.trail.start + self._first, clip.trail.stop + self._first
            self.dropped.append((span, own.fault))

    def _describe(self, clip: GrowingClip) -> Floats | None:
        """What the face of a clip looks like, if anybody can say."""
        if clip.face is not None or not self._how.embed or not clip.looks.parts:
            return clip.face
        portraits = clip.looks.parts[-1].album.portraits
        return describe(portraits, self._how.embed) if portraits else None

    def _find_copied(self, own: Appearance, face: Floats | None) -> Fault | None:
        """Whether somebody is another in the picture once more, as on a screen.

        Who has a number stays; of two who have none yet the larger is meant.
        """
        for other in self.appearances:
            is_there = other is not own and other.until is None and not other.fault
            comes_first = other.number or _measure(other) > _measure(own)
            if face is None or not is_there or not comes_first:
                continue
            if self._is_one(own.clip, other.clip, face):
                return name_copy(other.number)
        return None

    def _is_one(self, clip: GrowingClip, other: GrowingClip, face: Floats) -> bool:
        """Whether two clips show one mouth, of which the first belongs to that face."""
        start, stop = max(clip.trail.start, other.trail.start), min(clip.due, other.due)
        start = max(start, stop - LONGEST)
        if stop - start < COMPARED:
            return False
        mouths = self._read(clip, start, stop), self._read(other, start, stop)
        if not compare([mouths]).is_one:  # most often, and quicker than to describe a face
            return False
        known = self._describe(other)
        return known is not None and float(face @ known) >= 1 - OTHER_FACE

    def _name(self, own: Appearance, since: int, face: Floats | None) -> None:
        clip = own.clip
        stop = clip.trail.stop
        there = [
            other.number
            for other in self.appearances
            if other.number
            and other is not own
            and other.since < stop
            and since < (stop if other.until is None else other.until)
        ]
        own.number = self._cast.know(clip.trail, face, there)

    def _follow_change(self, own: Appearance, made: int, *, is_open: bool) -> None:
        """See whether somebody has gone, or whether their face has become another's."""
        if own.until is not None:
            return
        parts = own.clip.looks.parts
        if own.number and is_open and len(parts) > own.parts and parts[-1].certain:
            own.until = max(made, own.since, parts[-1].first - POSE // 2)
            other = Appearance(own.clip, own.until, parts=len(parts))
            self._name(other, own.until, self._describe(own.clip))
            self.appearances.append(other)
        elif not is_open and (own.number or own.fault):
            own.until = own.clip.trail.stop
            if own.number and not own.clip.fault:
                self._cast.learn(own.number, own.clip.face)

    def _is_still(self, clip: GrowingClip) -> bool:
        """Whether a mouth has not moved of late: a photograph's never does."""
        mouths = self._read(clip, max(clip.trail.start, clip.due - WATCHED), clip.due)
        return len(mouths) > 1 and float(np.percentile(measure_motion(mouths), 95)) < STILL

    def _read(self, clip: GrowingClip, start: int, stop: int) -> NDArray[np.uint8]:
        """Mouths from a frame up to another, (frames, size, size)."""
        size = self._how.size
        first, count = (start - clip.trail.start) * size**2, (stop - start) * size**2
        mouths = np.fromfile(clip.path, np.uint8, count, offset=first)
        return mouths.reshape(-1, size, size)

    def _cut(self, own: Appearance, first: int, last: int) -> LipClip:
        trail = own.clip.trail
        rows = np.stack(trail.rows[first - trail.start : last - trail.start])
        points = rows[:, 4:].reshape(-1, 5, 2)
        track = Track(own.number, first + self._first, rows[:, :4], points, trail.shot)
        passed = first - trail.start
        return LipClip(track, own.clip.path, self._how.size, passed=passed)


def _take_latest(trail: Trail) -> Trail:
    """The end of a trail that may go on for hours."""
    length = len(trail.rows)
    return trail.cut(max(0, length - LONGEST), length, trail.look)


def _measure(own: Appearance) -> float:
    """Side of the face where it was last seen, in pixels."""
    return float(measure_sizes(own.clip.trail.box))
