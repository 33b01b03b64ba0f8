"""One pass over the frames: who is visible, their mouths cut out upright and steady."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from avsep.arrays import Image
from avsep.errors import FaceError
from avsep.faces.alignment import describe_look, measure_face, measure_reach
from avsep.faces.changes import Looks, Part, describe
from avsep.faces.crops import MOUTH_SIZE, Draft, RecentFrames, split_draft
from avsep.faces.detectors import Face, FaceDetector
from avsep.faces.identity import Embedder, join_shots
from avsep.faces.motion import is_photograph
from avsep.faces.people import Dropped, LipClip, People, bridge
from avsep.faces.portraits import name_portrait
from avsep.faces.search import choose_interval, is_worth_it, search, search_near
from avsep.faces.shots import mark_cuts
from avsep.faces.tracking import Fault, Linker, TrackingConfig, Trail, find_fault
from avsep.media.probing import MediaInfo
from avsep.media.reading import read_frames
from avsep.progress import Progress, no_progress
from avsep.timeline import FRAME_RATE


def find_people(
    images: Iterable[Image],
    detect: FaceDetector,
    folder: Path,
    size: int = MOUTH_SIZE,
    config: TrackingConfig = TrackingConfig(),  # noqa: B008 - it cannot change
    embed: Embedder | None = None,
) -> People:
    """Find everybody who is visible, and cut out their mouths, in one pass over the frames.

    Args:
        images: Frames in order, 25 a second, each of shape (height, width, 3), RGB.
        detect: Finds faces in a frame; frames whose longer side exceeds `config.side`
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
    """One pass over the frames: who is where, and their mouths written to files."""

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
        self.frames = 0
        self._detect, self._folder, self._size, self._config = detect, folder, size, config
        self._embed = embed
        self._linker = Linker(config)
        self._open: dict[int, Draft] = {}
        self._greys = RecentFrames()
        self._last: Image | None = None
        self._searched = self._last_thorough = -1
        self._next = self._next_wide = self._next_thorough = 0

    def take(self, image: Image, *, cut: int) -> None:
        """Take in the next frame, and what `mark_cuts` says of it."""
        if cut and self.frames:
            self.end_shot(mixed=cut - 1)
            self.cuts.append(self.frames)
        self._greys.add(image)
        self._last = image
        self.frames += 1
        if self.frames > self._next:
            self._look(image)

    def end_shot(self, mixed: int = 0) -> None:
        """Search the last frame of the shot too, and write what is left of everybody.

        Args:
            mixed: In how many of the last frames the next shot shines through.
        """
        if self._last is not None and self._searched < self.frames - 1:
            self._look(self._last)
        self._close(self._linker.end_shot(), self.frames - mixed)
        self._greys.drop_before(self.frames)
        self._next = self._next_wide = self._next_thorough = self.frames

    def _look(self, image: Image) -> None:
        """Search the frame just taken, carry the trails on, write what is certain."""
        frame, config = self.frames - 1, self._config
        thorough = frame >= self._next_thorough
        faces = self._search(image, frame, thorough=thorough)
        looks = [describe_look(image, face.points) for face in faces]
        known = np.stack(looks) if looks else np.zeros((0, 0), np.float32)
        self._close(self._linker.update(frame, len(self.cuts), faces, known))
        for trail in self._linker.trails:
            draft = self._find_draft(trail)
            certain = trail.stop - measure_reach(config.smoothing)
            draft.write(self._greys, certain, self._size, config.smoothing)
            if trail.stop == self.frames:
                draft.look(image)
        oldest = min((draft.due for draft in self._open.values()), default=self.frames)
        self._greys.drop_before(oldest)
        self._plan(frame, thorough=thorough)

    def _search(self, image: Image, frame: int, *, thorough: bool) -> list[Face]:
        """Search the whole frame now and then, else only where people are."""
        config, trails = self._config, self._linker.trails
        boxes = np.array([t.expect(frame) for t in trails], np.float32).reshape(-1, 4)
        lost = any(trail.stop <= self._searched for trail in trails)
        due = thorough or lost or frame >= self._next_wide
        if not due and is_worth_it(boxes, image.shape):
            return search_near(image, self._detect, config.side, boxes)
        self._next_wide = frame + config.wide_interval
        return search(image, self._detect, config.side, thorough=thorough)

    def _plan(self, frame: int, *, thorough: bool) -> None:
        """Choose when to search next: at once when somebody moves fast or is missed."""
        config, trails = self._config, self._linker.trails
        self._searched = frame
        self._next = frame + choose_interval(trails, frame, config)
        if thorough:
            self._last_thorough = frame
            self._next_thorough = frame + config.thorough_interval
        missed = (t for t in trails if t.stop <= frame)
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
            mixed: First frame in which the next shot may shine through; who comes after it
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
                    own.fault = own.fault or Fault("seen only while one shot became another")
                self._finish(own, part)

    def _finish(self, draft: Draft, part: Part) -> None:
        """Describe a draft's face, and keep the best look alone."""
        if not draft.fault and is_photograph(draft.path, self._size):
            draft.fault = Fault("its lips never move, as in a photograph")
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
    return People(tuple(clips), tuple(dropped), watch.frames, tuple(watch.cuts))


def look_for_people(
    info: MediaInfo,
    detect: FaceDetector,
    embed: Embedder | None,
    size: int,
    folder: Path,
    watch: Progress = no_progress,
) -> People:
    """Everybody visible, their mouths cut out into files in ``folder``."""
    with closing(read_frames(info)) as images:
        frames = watch(images, "looking for faces", round(info.duration * FRAME_RATE))
        people = find_people(frames, detect, folder, size, embed=embed)
    if not people.clips:
        reasons = sorted({dropped.reason for dropped in people.dropped})
        raise FaceError(
            f"{info.path}: no face whose lips can be read"
            + (f" ({'; '.join(reasons)})" if reasons else ""),
            hint="Faces must be seen from the front or half side, eyes to mouth at least some"
            " 12 pixels, for half a second.",
        )
    return people
