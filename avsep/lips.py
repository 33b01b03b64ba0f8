"""People's mouths, cut out upright and steady from the pictures of a recording."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avsep.alignment import describe_look, measure_face, measure_reach
from avsep.changes import Looks, Part, describe
from avsep.cropping import MOUTH_SIZE, Draft, RecentPictures, split_draft
from avsep.faces import Face, FaceDetector, Floats
from avsep.identity import Embedder, join_shots
from avsep.media import Image
from avsep.portraits import name_portrait, read_portrait
from avsep.searching import choose_interval, is_worth_it, search, search_near
from avsep.shots import mark_cuts
from avsep.stillness import is_photograph
from avsep.tracking import Linker, Track, TrackingConfig, Trail, find_fault


@dataclass(frozen=True, slots=True, eq=False)
class LipClip:
    """The mouth of one person for as long as they are seen without a break.

    Attributes:
        track: Who, when and where.
        path: Raw file, one byte per pixel, shape (pictures, size, size), grey.
        size: Side of the crop in pixels.
    """

    track: Track
    path: Path
    size: int

    @property
    def portrait(self) -> Image:
        """Best look at the face, (160, 160, 3), RGB, from the file beside the mouths."""
        return read_portrait(name_portrait(self.path))

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Read the mouth in the recording's pictures from `start` up to `stop`.

        Returns:
            Grey pictures, shape (stop - start, size, size), zero where the person is not seen.
        """
        mouths = np.zeros((stop - start, self.size, self.size), np.uint8)
        first, last = max(start, self.track.start), min(stop, self.track.stop)
        if first < last:
            area = self.size * self.size
            offset = (first - self.track.start) * area
            count = (last - first) * area
            found = np.fromfile(self.path, np.uint8, count=count, offset=offset)
            mouths[first - start : last - start] = found.reshape(-1, self.size, self.size)
        return mouths


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """Somebody who is seen, but whose lips cannot be read, and why not."""

    track: Track
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody who is visible in a recording.

    Attributes:
        clips: Mouths, in the order in which they appear.
        dropped: Faces that were left out.
        pictures: Length of the recording in pictures.
        cuts: First picture of every shot but the first.
    """

    clips: tuple[LipClip, ...]
    dropped: tuple[Dropped, ...]
    pictures: int
    cuts: tuple[int, ...]


def find_people(
    images: Iterable[Image],
    detect: FaceDetector,
    folder: Path,
    size: int = MOUTH_SIZE,
    config: TrackingConfig = TrackingConfig(),  # noqa: B008 - it cannot change
    embed: Embedder | None = None,
) -> People:
    """Find everybody who is visible, and cut out their mouths, in one pass over the pictures.

    Args:
        images: Pictures in order, 25 a second, each of shape (height, width, 3), RGB.
        detect: Finds faces in a picture; pictures whose longer side exceeds `config.side`
            are mostly handed to it as reduced copies.
        folder: An existing folder for the mouths' files.
        size: Side of the mouth crop in pixels.
        config: How faces are searched and followed.
        embed: Describes faces, by which people are known again after a cut; without it only
            their seats tell.
    """
    watch = _Watch(detect, folder, size, config, embed)
    for image, cut in mark_cuts(images):
        watch.take(image, cut=cut)
    watch.end_shot()
    return _sort_out(watch, size, config)


class _Watch:
    """One pass over the pictures: who is where, and their mouths written to files."""

    def __init__(
        self,
        detect: FaceDetector,
        folder: Path,
        size: int,
        config: TrackingConfig,
        embed: Embedder | None,
    ) -> None:
        self.drafts: list[Draft] = []
        self.cuts: list[int] = []
        self.pictures = 0
        self._detect, self._folder, self._size, self._config = detect, folder, size, config
        self._embed = embed
        self._linker = Linker(config)
        self._open: dict[int, Draft] = {}
        self._greys = RecentPictures()
        self._last: Image | None = None
        self._searched = self._last_thorough = -1
        self._next = self._next_wide = self._next_thorough = 0

    def take(self, image: Image, *, cut: int) -> None:
        """Take in the next picture, and what `mark_cuts` says of it."""
        if cut and self.pictures:
            self.end_shot(mixed=cut - 1)
            self.cuts.append(self.pictures)
        self._greys.add(image)
        self._last = image
        self.pictures += 1
        if self.pictures > self._next:
            self._look(image)

    def end_shot(self, mixed: int = 0) -> None:
        """Search the last picture of the shot too, and write what is left of everybody.

        Args:
            mixed: In how many of the last pictures the next shot shines through.
        """
        if self._last is not None and self._searched < self.pictures - 1:
            self._look(self._last)
        self._close(self._linker.end_shot(), self.pictures - mixed)
        self._greys.drop_before(self.pictures)
        self._next = self._next_wide = self._next_thorough = self.pictures

    def _look(self, image: Image) -> None:
        """Search the picture just taken, carry the trails on, write what is certain."""
        picture, config = self.pictures - 1, self._config
        thorough = picture >= self._next_thorough
        faces = self._search(image, picture, thorough=thorough)
        looks = [describe_look(image, face.points) for face in faces]
        known = np.stack(looks) if looks else np.zeros((0, 0), np.float32)
        self._close(self._linker.update(picture, len(self.cuts), faces, known))
        for trail in self._linker.trails:
            draft = self._find_draft(trail)
            certain = trail.stop - measure_reach(config.smoothing)
            draft.write(self._greys, certain, self._size, config.smoothing)
            if trail.stop == self.pictures:
                draft.look(image)
        oldest = min((draft.due for draft in self._open.values()), default=self.pictures)
        self._greys.drop_before(oldest)
        self._plan(picture, thorough=thorough)

    def _search(self, image: Image, picture: int, *, thorough: bool) -> list[Face]:
        """Search the whole picture now and then, else only where people are."""
        config, trails = self._config, self._linker.trails
        boxes = np.array([t.expect(picture) for t in trails], np.float32).reshape(-1, 4)
        lost = any(trail.stop <= self._searched for trail in trails)
        due = thorough or lost or picture >= self._next_wide
        if not due and is_worth_it(boxes, image.shape):
            return search_near(image, self._detect, config.side, boxes)
        self._next_wide = picture + config.wide_interval
        return search(image, self._detect, config.side, thorough=thorough)

    def _plan(self, picture: int, *, thorough: bool) -> None:
        """Choose when to search next: at once when somebody moves fast or is missed."""
        config, trails = self._config, self._linker.trails
        self._searched = picture
        self._next = picture + choose_interval(trails, picture, config)
        if thorough:
            self._last_thorough = picture
            self._next_thorough = picture + config.thorough_interval
        missed = (t for t in trails if t.stop <= picture)
        if any(measure_face(trail.points) >= config.smallest for trail in missed):
            soonest = self._last_thorough + config.gap - config.interval
            self._next_thorough = min(self._next_thorough, soonest)

    def _find_draft(self, trail: Trail) -> Draft:
        """The draft of a trail, made when it is first asked for."""
        if id(trail) not in self._open:
            path = self._folder / f"mouth-{len(self.drafts):05d}.raw"
            path.write_bytes(b"")
            self._open[id(trail)] = Draft(trail, path, looks=Looks(self._embed))
            self.drafts.append(self._open[id(trail)])
        return self._open[id(trail)]

    def _close(self, trails: Iterable[Trail], mixed: int | None = None) -> None:
        """Write the last mouths of trails that have ended, and describe the faces.

        Args:
            trails: Those.
            mixed: First picture in which the next shot may shine through; who comes after it
                belongs to that.
        """
        for trail in trails:
            draft = self._open.pop(id(trail))
            draft.write(self._greys, trail.stop, self._size, self._config.smoothing)
            parts = draft.looks.settle()
            later = split_draft(draft, parts, self._size) if len(parts) > 1 else []
            for other in later:
                self.drafts.append(other)
                other.trail.person = -len(self.drafts)  # unlike all numbers of the linker
            for own, part in zip([draft, *later], parts, strict=True):
                own.fault = find_fault(own.trail, self._config)
                if mixed is not None and own.trail.start >= mixed:
                    own.fault = own.fault or "seen only while one shot became another"
                self._finish(own, part)

    def _finish(self, draft: Draft, part: Part) -> None:
        """Describe a draft's face, and keep the best look alone."""
        if not draft.fault and is_photograph(draft.path, self._size):
            draft.fault = "its lips never move, as in a photograph"
        if self._embed and not draft.fault:
            draft.face = describe(part.album.portraits, self._embed)
        part.album.put_away(name_portrait(draft.path))
        draft.looks = Looks()


def _sort_out(watch: _Watch, size: int, config: TrackingConfig) -> People:
    """Part the drafts into clips and those that are left out, and number the people."""
    good = [draft for draft in watch.drafts if not draft.fault]
    looks = np.stack([draft.trail.look for draft in good]) if good else None
    faces = [draft.face for draft in good if draft.face is not None]
    described = np.stack(faces) if faces else None
    tracks = join_shots([draft.trail.to_track() for draft in good], looks, described)
    names = {draft.trail.person: track.person for draft, track in zip(good, tracks, strict=True)}
    dropped = []
    for draft in watch.drafts:
        if draft.fault:
            draft.path.unlink()
            name_portrait(draft.path).unlink()
            track = draft.trail.to_track()
            dropped.append(Dropped(replace(track, person=names.get(track.person, 0)), draft.fault))
    clips = [LipClip(track, draft.path, size) for track, draft in zip(tracks, good, strict=True)]
    clips = bridge(clips, config.gap)
    return People(tuple(clips), tuple(dropped), watch.pictures, tuple(watch.cuts))


def bridge(clips: Iterable[LipClip], longest: int) -> list[LipClip]:
    """Join a person's clips of one shot where they are lost for a moment only.

    A face that jumps is lost for a few pictures and found as a new one.

    Args:
        clips: Of everybody, in any order, with people's final numbers.
        longest: Pictures between two clips up to which they are joined.

    Returns:
        By first picture, then by person.
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
