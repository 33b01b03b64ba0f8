"""One pass over the frames: who is visible, their mouths cut out upright and steady."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from avsep.ahead import Behind, ahead
from avsep.errors import FaceError
from avsep.faces.alignment import describe_look
from avsep.faces.copies import join_copies
from avsep.faces.crops import MOUTH_SIZE, GrowingClip
from avsep.faces.detectors import Face, FaceDetector
from avsep.faces.growing import GrowingClips, Spot
from avsep.faces.identity import Embedder, average_faces, join_shots
from avsep.faces.people import Dropped, LipClip, People, bridge
from avsep.faces.placing import put_back
from avsep.faces.portraits import name_portrait
from avsep.faces.schedule import Scope, SearchConfig, SearchSchedule, expect_all
from avsep.faces.search import (
    SearchedFrame,
    search,
    search_ahead,
    search_missed,
    search_near,
    search_thoroughly,
)
from avsep.faces.shots import mark_cuts
from avsep.faces.tracking import Linker, TrackingConfig
from avsep.media.picture import Picture
from avsep.media.probing import MediaInfo
from avsep.media.reading import read_pictures
from avsep.media.stretches import cover, cut_recording
from avsep.progress import Progress, no_progress
from avsep.timeline import FRAME_RATE, Seconds, count_frames, in_seconds

_TRACKING = TrackingConfig()
AHEAD = 4  # times as many frames as usual wait for their turn: thorough searches hold them up


def find_people(
    pictures: Iterable[Picture],
    detect: FaceDetector,
    folder: Path,
    size: int = MOUTH_SIZE,
    config: SearchConfig = SearchConfig(),  # noqa: B008 - it cannot change
    embed: Embedder | None = None,
) -> People:
    """Find everybody who is visible, and cut out their mouths, in one pass over the frames.

    Args:
        pictures: One for each frame, in order, 25 a second.
        detect: Finds faces in a frame; frames whose longer side exceeds `config.side`
            are mostly handed to it as reduced copies.
        folder: An existing folder for the mouths' files.
        size: Side of the mouth crop in pixels.
        config: How often and how thoroughly faces are searched.
        embed: Describes faces, by which people are known again after a cut; without it only
            their seats tell.
    """
    growing = GrowingClips(folder, size, embed)
    with closing(Scanner(detect, config, growing)) as scanner:
        frames = search_ahead(mark_cuts(pictures), detect, config.side, config.wide_interval)
        people, _ = _scan([frames], scanner, growing, size)
    return people


def _scan(
    stretches: Iterable[Iterable[SearchedFrame]],
    scanner: Scanner,
    growing: GrowingClips,
    size: int,
) -> tuple[People, list[int]]:
    """Find everybody in stretches of frames, counted on from one to the next.

    Args:
        stretches: Frames as `search_ahead` gives them.
        scanner: Takes them in.
        growing: Where it puts everybody's mouths.
        size: Side of the mouth crop in pixels.

    Returns:
        Everybody, and the first frame of each stretch.
    """
    begins = []
    for frames in stretches:
        begins.append(scanner.frames)
        for picture, cut, faces in frames:  # a shot begins with every stretch
            scanner.take(picture, cut=cut, faces=faces)
    scanner.end_shot()
    clips, dropped = _sort_out(growing.all, size)
    return People(tuple(clips), tuple(dropped), scanner.frames, tuple(scanner.cuts)), begins


class Scanner:
    """Takes in one frame after another: searches some, follows people, hands on their mouths.

    Attributes:
        frames: How many have been taken in.
        cuts: First frames of the shots but the first.
    """

    def __init__(self, detect: FaceDetector, config: SearchConfig, growing: GrowingClips) -> None:
        """Begin with a recording.

        Args:
            detect: Finds faces in a frame.
            config: How often and how thoroughly they are searched.
            growing: Take in everybody's mouths.
        """
        self.frames = 0
        self.cuts: list[int] = []
        self._detect, self._side, self._growing = detect, config.side, growing
        self._schedule = SearchSchedule(config, _TRACKING.gap)
        self._linker = Linker(_TRACKING)
        self._last: Picture | None = None
        # Mouths are cut out and faces described while the next frame is searched.
        self._behind = Behind()

    @property
    def searched(self) -> int:
        """The frame that was searched last, -1 before the first."""
        return self._schedule.searched

    def search_as(self, config: SearchConfig) -> None:
        """Search as often and as thoroughly as that from now on."""
        self._schedule.config = config

    def take(self, picture: Picture, *, cut: int, faces: list[Face] | None = None) -> None:
        """Take in the next frame.

        Args:
            picture: The frame.
            cut: What `avsep.faces.shots.mark_cuts` says of it.
            faces: What `avsep.faces.search.search` found in it, if that is known.
        """
        if cut and self.frames:
            self.end_shot(mixed=cut - 1)
            self.cuts.append(self.frames)
        self._growing.add(picture)
        self._last = picture
        self.frames += 1
        if faces is not None or self._schedule.is_due(self.frames - 1):
            self._look(picture, faces)

    def catch_up(self) -> None:
        """Wait until all is written of the frames taken in that is certain."""
        self._behind.wait()
        self._growing.tell()

    def close(self) -> None:
        """No more frames come."""
        self._behind.close()

    def end_shot(self, mixed: int = 0) -> None:
        """Search the last frame of the shot too, and write what is left of everybody.

        Args:
            mixed: In how many of the last frames the next shot shines through.
        """
        if self._last is not None and self._schedule.searched < self.frames - 1:
            self._look(self._last)
        self.catch_up()
        self._growing.close(self._linker.end_shot(), self.frames - mixed)
        self._growing.drop_before(self.frames)
        self._schedule.restart(self.frames)

    def _look(self, picture: Picture, faces: list[Face] | None = None) -> None:
        """Search the frame just taken, carry the trails on, write what is certain."""
        frame = self.frames - 1
        faces = self._search(picture, frame, faces)
        looks = [describe_look(picture, face.points) for face in faces]
        known = np.stack(looks) if looks else np.zeros((0, 0), np.float32)
        self.catch_up()
        self._growing.close(self._linker.update(frame, len(self.cuts), faces, known))
        trails = list(self._linker.trails)
        self._behind.do(partial(self._growing.follow, trails, picture, frame))
        self._schedule.finish(frame, trails)

    def _search(self, picture: Picture, frame: int, faces: list[Face] | None) -> list[Face]:
        """Search the whole frame now and then, else only where people are."""
        trails, detect, side = self._linker.trails, self._detect, self._side
        scope = self._schedule.begin(frame, trails, picture.shape, seen=faces is not None)
        expected = expect_all(trails, frame)
        if scope is Scope.NEAR:
            return search_near(picture, detect, side, expected)
        if faces is None:
            faces = search(picture, detect, side)
        if scope is Scope.THOROUGH:
            faces = search_thoroughly(picture, detect, side, faces)
        return search_missed(picture, detect, side, expected, faces)


def _sort_out(growing: Sequence[GrowingClip], size: int) -> tuple[list[LipClip], list[Dropped]]:
    """Part what has grown into clips and those that are left out, and number the people."""
    good = [clip for clip in growing if not clip.fault]
    looks = np.stack([clip.trail.look for clip in good]) if good else None
    faces = [clip.face for clip in good if clip.face is not None]
    described = np.stack(faces) if faces else None
    tracks = join_shots([clip.trail.to_track() for clip in good], looks, described)
    names = {clip.trail.person: track.person for clip, track in zip(good, tracks, strict=True)}
    dropped = []
    for clip in growing:
        if clip.fault:
            clip.path.unlink()
            name_portrait(clip.path).unlink()
            track = clip.trail.to_track()
            dropped.append(Dropped(replace(track, person=names.get(track.person, 0)), clip.fault))
    clips = [LipClip(track, clip.path, size) for track, clip in zip(tracks, good, strict=True)]
    known = {} if described is None else average_faces(tracks, described)
    return join_copies(bridge(clips, _TRACKING.gap), dropped, known)


@dataclass(frozen=True, slots=True, eq=False)
class Looking:
    """How people are looked for in a recording.

    Attributes:
        detect: Finds faces in a frame.
        embed: Describes faces; None where seats alone tell who is who.
        size: Side of the mouth crop in pixels.
        context: Frames around a part that are looked at too.
        spot: Hears of each face that is newly followed, while the search goes on.
    """

    detect: FaceDetector
    embed: Embedder | None
    size: int
    context: int = 0
    spot: Spot | None = None


def look_for_people(
    info: MediaInfo,
    how: Looking,
    folder: Path,
    progress: Progress = no_progress,
    stretches: Sequence[Seconds] = (),
) -> People:
    """Everybody visible, their mouths cut out into files in ``folder``.

    Args:
        info: The recording.
        how: Faces are found.
        folder: An existing one.
        progress: Progress hook.
        stretches: Seconds of it in which, and around which, it is looked; everywhere without any.
    """
    spans = cover(stretches, how.context, count_frames(info.duration))
    growing, config = GrowingClips(folder, how.size, how.embed, how.spot), SearchConfig()
    parts = [cut_recording(info, in_seconds(span)) for span in spans] or [info]
    with (
        closing(Scanner(how.detect, config, growing)) as scanner,
        closing(_read_all(parts, how.detect, config, progress)) as stretched,
    ):
        people, begins = _scan(stretched, scanner, growing, how.size)
    if spans:
        frames = max(count_frames(info.duration), spans[-1][0] + people.frames - begins[-1])
        people = put_back(people, begins, [start for start, _ in spans], frames)
    if not people.clips:
        reasons = sorted({dropped.reason for dropped in people.dropped})
        raise FaceError(
            f"{info.path}: no face whose lips can be read"
            + (f" ({'; '.join(reasons)})" if reasons else ""),
            hint="Faces must be seen from the front or half side, eyes to mouth at least some"
            " 12 pixels, for half a second.",
        )
    return people


def _read_all(
    parts: Sequence[MediaInfo], detect: FaceDetector, config: SearchConfig, progress: Progress
) -> Generator[Iterable[SearchedFrame], None, None]:
    """The frames of each part of a recording, some searched while others are worked on."""
    how = detect, config.side, config.wide_interval
    for part in parts:
        size = part.height * part.width * 3 // 2
        with (
            closing(read_pictures(part)) as pictures,
            closing(ahead(mark_cuts(pictures), size)) as marked,
            closing(ahead(search_ahead(marked, *how), size, AHEAD)) as searched,
        ):
            yield progress(searched, "looking for faces", round(part.duration * FRAME_RATE))
