"""Compose debates of three people that are cut hard, and count how well people are joined.

    python tools/cuts.py FACES WORK [--cuts SECONDS] [--seconds N] [--seats] [--json FILE]

FACES holds the folders that `cuts.toml` names: clips of one talking face each, with its own
voice. Eleven cameras look at the three: two wide ones from opposite sides, a two-shot of each
pair, two close-ups of each person. Each has a zoom, a crop, a tilt, a light and a colour of its
own. WORK takes the videos and who is where in them; what is there already is used again.

Only people are looked for; nothing is separated. A sight is one person in one frame whose face
was followed. *Purity* is the share of sights whose number mostly belongs to the person seen:
what it lacks are wrong joins. *Completeness* is the share of sights that carry the number which
the person seen mostly has: what it lacks are missed joins. *Seen* is the share of all that
could be sighted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from debates import SAMPLE_RATE, WALL, play

from avsep.arrays import Image
from avsep.faces.detectors import FaceDetector, retinaface
from avsep.faces.embedding import load_embedder
from avsep.faces.identity import Embedder
from avsep.faces.people import LipClip
from avsep.faces.scan import find_people
from avsep.media.probing import probe
from avsep.media.reading import Waveform, read_pictures
from avsep.media.writing import write_video
from avsep.timeline import FRAME_RATE

WIDTH, HEIGHT = 640, 360  # px
CLIP_SIDE = 192  # px
MOST_CLIPS = 5


@dataclass(frozen=True, slots=True)
class Camera:
    """How one camera sees some of the people.

    Attributes:
        people: Who, from left to right.
        side: Of the square in which each is seen, in px.
        zoom: How much larger than its square a person's clip is.
        shift: Right and down, as a share of the square.
        tilt: Degrees.
        light: What red, green and blue are multiplied by.
        blur: Standard deviation of the picture's softness in px of the clip.
    """

    people: tuple[int, ...]
    side: int
    zoom: float
    shift: tuple[float, float]
    tilt: float
    light: tuple[float, float, float]
    blur: float

    @property
    def lefts(self) -> list[int]:
        """Left edge of each square in px."""
        step = WIDTH / len(self.people)
        return [round((place + 0.5) * step - self.side / 2) for place in range(len(self.people))]

    @property
    def top(self) -> int:
        """Upper edge of the squares in px."""
        return (HEIGHT - self.side) // 2


def set_up(random: np.random.Generator) -> list[Camera]:
    """Place the eleven cameras of a debate."""
    wide = [((0, 1, 2), 180), ((2, 1, 0), 140)]
    pairs = [((0, 1), 240), ((2, 0), 200), ((1, 2), 220)]
    close = [((person,), side) for person in range(3) for side in (340, 260)]
    return [_aim(people, side, random) for people, side in wide + pairs + close]


def _aim(people: tuple[int, ...], side: int, random: np.random.Generator) -> Camera:
    brightness, colour = random.uniform(0.75, 1.15), random.uniform(0.94, 1.06, 3)
    return Camera(
        people,
        side,
        zoom=random.uniform(1.0, 1.25),
        shift=(random.uniform(-0.06, 0.06), random.uniform(-0.04, 0.04)),
        tilt=random.uniform(-15, 15),
        light=tuple(float(share) for share in brightness * colour),
        blur=random.uniform(0, 0.8),
    )


def shoot(camera: Camera, faces: Sequence[Image]) -> Image:
    """One frame of a camera."""
    frame = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    scale = camera.zoom * camera.side / CLIP_SIDE
    matrix = cv2.getRotationMatrix2D((CLIP_SIDE / 2, CLIP_SIDE / 2), camera.tilt, scale)
    matrix[:, 2] += camera.side * (np.array(camera.shift) + 0.5) - CLIP_SIDE / 2
    for person, left in zip(camera.people, camera.lefts, strict=True):
        face = faces[person]
        if camera.blur:
            face = cv2.GaussianBlur(face, (0, 0), camera.blur)
        square = cv2.warpAffine(
            face,
            matrix,
            (camera.side,) * 2,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        frame[camera.top :, left:][: camera.side, : camera.side] = square
    return np.clip(frame * np.array(camera.light), 0, 255).astype(np.uint8)


def choose_shots(shots: int, cameras: int, random: np.random.Generator) -> list[int]:
    """A camera for each shot, another than before."""
    chosen = [0]
    while len(chosen) < shots:
        chosen.append(int(random.choice([c for c in range(cameras) if c != chosen[-1]])))
    return chosen


def compose(number: int, people: list[Path], work: Path, seconds: int, every: float) -> Path:
    """Write a debate and, beside it, who is where in it."""
    video = work / f"cuts-{number:02d}.mp4"
    if video.exists():
        return video
    random = np.random.default_rng(number)
    length, frames = round(every * FRAME_RATE), seconds * FRAME_RATE
    cameras = set_up(random)
    chosen = choose_shots(-(-frames // length), len(cameras), random)
    played = [play(sorted(folder.iterdir())[:MOST_CLIPS], frames) for folder in people]
    sound = np.sum([voice for _, voice in played], axis=0)
    faces = zip(*(seen for seen, _ in played), strict=True)
    seen = (shoot(cameras[chosen[at // length]], three) for at, three in enumerate(faces))
    write_video(video, seen, Waveform(sound[None], SAMPLE_RATE))
    truth = {"pictures": length, "shots": [asdict(cameras[camera]) for camera in chosen]}
    video.with_suffix(".json").write_text(json.dumps(truth), encoding="utf-8")
    return video


@dataclass(frozen=True, slots=True)
class Count:
    """How well the people of one recording, or of several, were joined."""

    people: int
    purity: float
    completeness: float
    seen: float


def read_truth(video: Path) -> tuple[int, list[Camera]]:
    """Frames in each shot, and the camera of each."""
    truth = json.loads(video.with_suffix(".json").read_text(encoding="utf-8"))
    cameras = [Camera(**{**shot, "people": tuple(shot["people"])}) for shot in truth["shots"]]
    return truth["pictures"], cameras


def find_sights(clips: Sequence[LipClip], video: Path) -> Iterator[tuple[int, int]]:
    """The number given and the person seen, for every frame of every track."""
    length, cameras = read_truth(video)
    for clip in clips:
        for frame, box in enumerate(clip.track.boxes, start=clip.track.start):
            camera = cameras[min(frame // length, len(cameras) - 1)]
            middle = (box[0] + box[2]) / 2
            apart = [abs(left + camera.side / 2 - middle) for left in camera.lefts]
            yield clip.track.person, camera.people[int(np.argmin(apart))]


def count(sights: Sequence[tuple[int, int]], possible: int) -> Count:
    """Purity, completeness and share of the sights of one recording."""
    both = Counter(sights)
    given, true = {number for number, _ in both}, {person for _, person in both}
    pure = sum(max(both[number, person] for person in true) for number in given)
    whole = sum(max(both[number, person] for number in given) for person in true)
    total = max(len(sights), 1)
    return Count(len(given), pure / total, whole / total, total / possible)


def examine(video: Path, detect: FaceDetector, embed: Embedder | None) -> Count:
    """Look for the people of a debate, and compare with the truth."""
    with tempfile.TemporaryDirectory() as folder:
        people = find_people(read_pictures(probe(video)), detect, Path(folder), embed=embed)
    length, cameras = read_truth(video)
    possible = sum(
        len(cameras[min(frame // length, len(cameras) - 1)].people)
        for frame in range(people.frames)
    )
    return count(list(find_sights(people.clips, video)), possible)


def main() -> None:
    """Print a line for each debate, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--cuts", type=float, default=2.0, help="seconds from cut to cut")
    parser.add_argument("--seconds", type=int, default=60, help="length of each debate")
    parser.add_argument("--seats", action="store_true", help="know people by seats, not faces")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    text = (Path(__file__).parent / "cuts.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["debates"]
    detect, embed = retinaface(), None if options.seats else load_embedder()
    counts = {}
    print(f"{'debate':10}{'people':>8}{'purity':>8}{'completeness':>14}{'seen':>8}")
    for number, names in enumerate(listed, start=1):
        people = [options.faces / name for name in names]
        video = compose(number, people, options.work, options.seconds, options.cuts)
        counts[video.stem] = found = examine(video, detect, embed)
        print(f"{video.stem:10}{found.people:8}{found.purity:8.3f}", end="")
        print(f"{found.completeness:14.3f}{found.seen:8.3f}", flush=True)
    means = [
        float(np.mean([getattr(c, part) for c in counts.values()]))
        for part in ("people", "purity", "completeness", "seen")
    ]
    print(f"{'mean':10}{means[0]:8.1f}{means[1]:8.3f}{means[2]:14.3f}{means[3]:8.3f}")
    if options.json:
        options.json.write_text(
            json.dumps({k: asdict(v) for k, v in counts.items()}, indent=2), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
