"""People's mouths, cut out upright and steady from the pictures of a recording."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avsep.faces import FaceDetector, Floats, search
from avsep.media import Image
from avsep.shots import mark_cuts
from avsep.tracking import Linker, Track, TrackingConfig, Trail, join_shots

# Side of the mouth crop in pixels, and in the units of the reference face.
MOUTH_SIZE = 80
PORTRAIT_SIZE = 160

# Where eyes, nose and corners of the mouth lie in the reference face.
REFERENCE = np.array(
    [[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]]
)
_MOUTH_MIDDLE = (56.1, 92.3)
_FACE_MIDDLE = (56.0, 68.0)
# Units from the eyes to the mouth.
_EYES_TO_MOUTH = 40.7
# Side of the patch by which a face is recognised within a shot.
_LOOK_SIZE = 12

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class LipClip:
    """The mouth of one person for as long as they are seen without a break.

    Attributes:
        track: Who, when and where.
        path: Raw file, one byte per pixel, shape (pictures, size, size), grey.
        size: Side of the crop in pixels.
        portrait: Best look at the face, shape (160, 160, 3), RGB.
    """

    track: Track
    path: Path
    size: int
    portrait: Image

    def read(self, start: int, stop: int) -> Pixels:
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


def fit_similarity(points: NDArray[np.floating], target: NDArray[np.floating]) -> Floats:
    """Find the turn, scale and shift that brings points nearest to their targets.

    With points as complex numbers a similarity is w = a z + b, and least squares give
    a = sum(conj(z) w) / sum(|z|^2) for points measured from their mean.

    Args:
        points: x, y in pixels, shape (pictures, points, 2).
        target: x, y where they shall come to lie, shape (points, 2).

    Returns:
        One matrix per picture, shape (pictures, 2, 3).
    """
    z = points[..., 0] + 1j * points[..., 1]
    w = target[..., 0] + 1j * target[..., 1]
    middle, goal = z.mean(axis=-1, keepdims=True), w.mean()
    spread = np.maximum((np.abs(z - middle) ** 2).sum(axis=-1), 1e-6)
    a = (np.conj(z - middle) * (w - goal)).sum(axis=-1) / spread
    b = goal - a * middle[..., 0]
    rows = [np.stack([a.real, -a.imag, b.real], -1), np.stack([a.imag, a.real, b.imag], -1)]
    return np.stack(rows, axis=-2).astype(np.float32)


def smooth(points: NDArray[np.floating], width: float) -> Floats:
    """Smooth points in time by a bell of that standard deviation in pictures.

    Args:
        points: shape (pictures, points, 2).
        width: Standard deviation in pictures.
    """
    reach = measure_reach(width)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(width, 1e-6)) ** 2)
    weights = np.convolve(np.ones(len(points)), bell)[reach : reach + len(points)]
    flat = points.reshape(len(points), -1)
    sums = [np.convolve(column, bell)[reach : reach + len(points)] for column in flat.T]
    return (np.stack(sums, -1) / weights[:, None]).reshape(points.shape).astype(np.float32)


def measure_reach(width: float) -> int:
    """Pictures on either side that smoothing by that width looks at."""
    return round(3 * width)


def cut_out(
    image: Image | Pixels, matrix: Floats, middle: tuple[float, float], size: int, units: float
) -> Pixels:
    """Cut a square out of a picture, turned and scaled to the reference face.

    Every pixel is the mean of the patch of the picture that it covers, so that large faces
    do not flicker; beyond the picture's edge its last pixels go on.

    Args:
        image: The picture, grey or RGB.
        matrix: Picture to reference face, shape (2, 3).
        middle: Middle of the square in the reference face.
        size: Side of the result in pixels.
        units: Side of the square in the reference face.
    """
    zoom = size / units
    scale = zoom * float(np.hypot(matrix[0, 0], matrix[1, 0]))
    finer = int(np.clip(np.ceil(1 / max(scale, 1e-6)), 1, 8))
    warp = matrix.astype(np.float64) * (zoom * finer)
    warp[:, 2] += size * finer / 2 - np.array(middle) * zoom * finer
    # Pixels are counted from their middles there, from the picture's corner here.
    warp[:, 2] += warp[:, :2] @ (0.5, 0.5) - 0.5
    square = (size * finer, size * finer)
    large = cv2.warpAffine(image, warp, square, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA) if finer > 1 else large


@dataclass(slots=True, eq=False)
class _Draft:
    """A clip in the making: how many mouths are written, and the best portrait so far."""

    trail: Trail
    path: Path
    written: int = 0
    quality: float = 0.0
    portrait: Image = field(
        default_factory=lambda: np.zeros((PORTRAIT_SIZE, PORTRAIT_SIZE, 3), np.uint8)
    )

    def write(self, greys: deque[tuple[int, Pixels]], stop: int, size: int, width: float) -> None:
        """Append the mouths of the pictures up to `stop`."""
        first = self.trail.start + self.written
        if stop <= first:
            return
        reach = measure_reach(width)
        low = max(self.trail.start, first - reach)
        rows = np.stack(self.trail.rows[low - self.trail.start : stop + reach - self.trail.start])
        steady = smooth(rows[:, 4:].reshape(-1, 5, 2), width)[first - low : stop - low]
        matrices = fit_similarity(steady, REFERENCE)
        oldest = greys[0][0]
        with self.path.open("ab") as file:
            for picture, matrix in enumerate(matrices, start=first):
                grey = greys[picture - oldest][1]
                file.write(cut_out(grey, matrix, _MOUTH_MIDDLE, size, MOUTH_SIZE).tobytes())
        self.written = stop - self.trail.start

    def portray(self, image: Image) -> None:
        """Keep the face of the picture just seen if it is the best so far."""
        points = self.trail.rows[-1][4:].reshape(5, 2)
        matrix = fit_similarity(points[None], REFERENCE)[0]
        quality = self.trail.scores[-1] * _judge_pose(points, matrix)
        if quality > 1.05 * self.quality:
            self.quality = quality
            self.portrait = cut_out(image, matrix, _FACE_MIDDLE, PORTRAIT_SIZE, PORTRAIT_SIZE)


def _judge_pose(points: Floats, matrix: Floats) -> float:
    """Say how good a look at a face is: large, and turned to the camera."""
    placed = points @ matrix[:, :2].T + matrix[:, 2]
    askew = float(np.abs(placed - REFERENCE).mean())
    return measure_face(points) / (1 + 0.3 * askew)


def measure_face(points: Floats) -> float:
    """Pixels between the middle of the eyes and the middle of the mouth."""
    return float(np.linalg.norm(points[:2].mean(axis=0) - points[3:].mean(axis=0)))


def describe_look(image: Image, points: Floats) -> Floats:
    """Say what a face looks like, for comparisons within a shot.

    Returns:
        Its pixels at a small size without their mean, of length 1.
    """
    matrix = fit_similarity(points[None], REFERENCE)[0]
    patch = cut_out(image, matrix, _FACE_MIDDLE, _LOOK_SIZE, 90.0).astype(np.float32).reshape(-1)
    patch -= patch.mean()
    return patch / max(float(np.linalg.norm(patch)), 1e-6)


class _Search:
    """One pass over the pictures: who is where, and their mouths written to files."""

    def __init__(
        self, detect: FaceDetector, folder: Path, size: int, config: TrackingConfig
    ) -> None:
        self.drafts: list[_Draft] = []
        self.cuts: list[int] = []
        self.pictures = 0
        self._detect, self._folder, self._size, self._config = detect, folder, size, config
        self._linker = Linker(config)
        self._open: dict[int, _Draft] = {}
        self._greys: deque[tuple[int, Pixels]] = deque()
        self._last: Image | None = None
        self._next = self._next_thorough = 0

    def take(self, image: Image, *, cut: bool) -> None:
        """Take in the next picture."""
        if cut:
            self.finish_shot()
            if self.pictures:
                self.cuts.append(self.pictures)
        self._greys.append((self.pictures, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)))
        self._last = image
        if self.pictures >= self._next:
            self._look_for_faces(self.pictures, image)
        self.pictures += 1

    def finish_shot(self) -> None:
        """Look at the last picture of the shot, and write what is left of everybody."""
        last = self.pictures - 1
        if self._last is not None and self._next != last + self._config.interval:
            self._look_for_faces(last, self._last)
        self._close(self._linker.end_shot())
        self._greys.clear()
        self._last = None
        self._next = self._next_thorough = self.pictures

    def _look_for_faces(self, picture: int, image: Image) -> None:
        """Search a picture, carry the trails on, and write the mouths that are certain."""
        config = self._config
        thorough = picture >= self._next_thorough
        faces = search(image, self._detect, config.side, thorough=thorough)
        looks = [describe_look(image, face.points) for face in faces]
        self._close(self._linker.update(picture, len(self.cuts), faces, looks))
        for trail in self._linker.trails:
            draft = self._find_draft(trail)
            draft.write(
                self._greys,
                trail.stop - measure_reach(config.smoothing),
                self._size,
                config.smoothing,
            )
            if trail.stop == picture + 1:
                draft.portray(image)
        self._next = picture + config.interval
        if thorough:
            self._next_thorough = picture + config.thorough_interval
        self._forget_pictures()

    def _find_draft(self, trail: Trail) -> _Draft:
        """The draft of a trail, made when it is first asked for."""
        if id(trail) not in self._open:
            path = self._folder / f"mouth-{len(self.drafts):05d}.raw"
            path.write_bytes(b"")
            self._open[id(trail)] = _Draft(trail, path)
            self.drafts.append(self._open[id(trail)])
        return self._open[id(trail)]

    def _close(self, trails: Iterable[Trail]) -> None:
        """Write the last mouths of trails that have ended."""
        for trail in trails:
            draft = self._open.pop(id(trail))
            draft.write(self._greys, trail.stop, self._size, self._config.smoothing)

    def _forget_pictures(self) -> None:
        """Let go of the pictures from which everything has been written."""
        needed = [draft.trail.start + draft.written for draft in self._open.values()]
        oldest = min(needed, default=self._greys[-1][0] + 1)
        while self._greys and self._greys[0][0] < oldest:
            self._greys.popleft()


def find_people(
    images: Iterable[Image],
    detect: FaceDetector,
    folder: Path,
    size: int = MOUTH_SIZE,
    config: TrackingConfig = TrackingConfig(),  # noqa: B008 - frozen
) -> People:
    """Find everybody who is visible, and cut out their mouths, in one pass over the pictures.

    Args:
        images: Pictures in order, 25 a second, each of shape (height, width, 3), RGB.
        detect: Finds faces in a picture; pictures whose longer side exceeds `config.side`
            are mostly handed to it as reduced copies.
        folder: An existing folder for the mouths' files.
        size: Side of the mouth crop in pixels.
        config: How faces are searched and followed.
    """
    work = _Search(detect, folder, size, config)
    for image, cut in mark_cuts(images):
        work.take(image, cut=cut)
    work.finish_shot()
    return _judge(work, size, config)


def _judge(work: _Search, size: int, config: TrackingConfig) -> People:
    """Part the drafts into clips and those that are left out, and number the people."""
    clips: list[LipClip] = []
    dropped: list[Dropped] = []
    drafts = sorted(work.drafts, key=lambda d: (d.trail.start, d.trail.rows[0][0]))
    tracks = [draft.trail.to_track() for draft in drafts]
    reasons = [
        _object(track, draft.trail, config) for track, draft in zip(tracks, drafts, strict=True)
    ]
    named = iter(join_shots([t for t, reason in zip(tracks, reasons, strict=True) if not reason]))
    for track, draft, reason in zip(tracks, drafts, reasons, strict=True):
        if reason:
            draft.path.unlink()
            dropped.append(Dropped(track, reason))
        else:
            clips.append(LipClip(next(named), draft.path, size, draft.portrait))
    return People(tuple(clips), tuple(dropped), work.pictures, tuple(work.cuts))


def _object(track: Track, trail: Trail, config: TrackingConfig) -> str:
    """Say why a track is of no use, or nothing."""
    length = len(track.boxes)
    distance = float(np.median([measure_face(points) for points in track.points]))
    if length < config.shortest:
        return f"seen for {length / 25:.1f} s only"
    if distance < config.smallest:
        return f"too small: {distance:.0f} pixels from the eyes to the mouth"
    return ""
