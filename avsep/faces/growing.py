"""The clips in the making of everybody who is followed in one pass over the frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from avsep.arrays import Image
from avsep.faces.alignment import measure_reach
from avsep.faces.changes import TOGETHER, Looks, Part, describe
from avsep.faces.crops import GrowingClip, RecentFrames, split_clip
from avsep.faces.faults import Fault, find_fault
from avsep.faces.identity import Embedder
from avsep.faces.motion import is_photograph
from avsep.faces.portraits import name_portrait
from avsep.faces.tracks import Trail
from avsep.media.picture import Picture

# Hears of a face that is newly followed: its best look so far, (160, 160, 3), RGB.
Spot: TypeAlias = Callable[[Image], None]
# Standard deviation in frames of the smoothing of the points in time. Chosen by hand.
SMOOTHING = 2.0


class GrowingClips:
    """Writes everybody's mouths to files while they are followed.

    Attributes:
        all: Every clip, open or finished, by first sight.
    """

    def __init__(
        self,
        folder: Path,
        size: int,
        embed: Embedder | None,
        spot: Spot | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """Write into a folder.

        Args:
            folder: An existing one, for the mouths' files.
            size: Side of the mouth crop in pixels.
            embed: Describes faces.
            spot: Hears of everybody who is seen for more than a moment, once.
            whole: Whether a clip stays one though its face becomes somebody else's, since
                whoever follows it has not waited for its end.
        """
        self._spot, self._spotted = spot, set[GrowingClip]()
        self.all: list[GrowingClip] = []
        self._whole, self._made = whole, 0
        self._folder, self._size, self._embed = folder, size, embed
        self._open: dict[Trail, GrowingClip] = {}
        self._recent = RecentFrames()

    def add(self, picture: Picture) -> None:
        """Keep the next frame for as long as mouths in it may be due."""
        self._recent.add(picture)

    def drop_before(self, frame: int) -> None:
        """Let go of the frames before that one."""
        self._recent.drop_before(frame)

    def follow(self, trails: Iterable[Trail], picture: Picture, frame: int) -> None:
        """Write the mouths that no later frame can move, and look at the faces.

        Args:
            trails: Those who are being followed.
            picture: The frame just searched.
            frame: Its number.
        """
        for trail in trails:
            clip = self._find(trail)
            certain = trail.stop - measure_reach(SMOOTHING)
            clip.write(self._recent, certain, self._size, SMOOTHING)
            if trail.stop == frame + 1:
                clip.look(picture)
        self.drop_before(min((clip.due for clip in self._open.values()), default=frame + 1))

    def close(self, trails: Iterable[Trail], mixed: int | None = None) -> None:
        """Write the last mouths of trails that have ended, and describe the faces.

        Args:
            trails: Those.
            mixed: First frame in which the next shot may shine through; who comes after it
                belongs to that.
        """
        for trail in trails:
            clip = self._open.pop(trail)
            clip.write(self._recent, trail.stop, self._size, SMOOTHING)
            for own, part in self._part(clip):
                own.fault = find_fault(own.trail)
                if mixed is not None and own.trail.start >= mixed:
                    own.fault = own.fault or Fault("seen only while one shot became another")
                self._finish(own, part)

    def tell(self) -> None:
        """Tell of those who are newly followed."""
        if self._spot is None:
            return
        for clip in self._open.values():
            if clip.is_sure and clip not in self._spotted:
                self._spotted.add(clip)
                self._spot(clip.looks.best)

    @property
    def open(self) -> list[GrowingClip]:
        """Clips of people who are being followed."""
        return list(self._open.values())

    def forget(self, clip: GrowingClip) -> None:
        """Remove a finished clip and its files."""
        self.all.remove(clip)
        clip.path.unlink(missing_ok=True)
        name_portrait(clip.path).unlink(missing_ok=True)

    def _find(self, trail: Trail) -> GrowingClip:
        """The clip of a trail, made when it is first asked for."""
        if trail not in self._open:
            path = self._folder / f"mouth-{self._made:05d}.raw"
            self._made += 1
            path.write_bytes(b"")
            looks = Looks(self._embed, together=1 if self._whole else TOGETHER)
            self._open[trail] = GrowingClip(trail, path, looks=looks)
            self.all.append(self._open[trail])
        return self._open[trail]

    def _part(self, clip: GrowingClip) -> list[tuple[GrowingClip, Part]]:
        """Part a clip where its face becomes somebody else's."""
        if self._whole:
            return [(clip, clip.looks.parts[-1])]
        parts = clip.looks.settle()
        later = split_clip(clip, parts, self._size) if len(parts) > 1 else []
        for other in later:
            self.all.append(other)
            other.trail.person = -len(self.all)  # unlike all numbers of the linker
        return list(zip([clip, *later], parts, strict=True))

    def _finish(self, clip: GrowingClip, part: Part) -> None:
        """Describe a clip's face, and keep the best look alone."""
        if not clip.fault and is_photograph(clip.path, self._size):
            clip.fault = Fault("its lips never move, as in a photograph")
        if self._embed and not clip.fault:
            clip.face = describe(part.album.portraits, self._embed)
        part.album.put_away(name_portrait(clip.path))
        clip.looks = Looks()
