"""Are people who are shown twice one person, and is sound of others noticed? On ten debates.

    python tools/doubts.py FACES WORK [--late SECONDS] [--model NAME|FILE]

FACES holds the clips that `debates.toml` lists. Each debate is split as it is; with the left
person once more on a small screen in the middle, SECONDS late; with the sound of the next debate;
and with another's voice for whoever sits left. WORK takes videos and results; what is there
already is used again.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from debates import HEIGHT, SAMPLE_RATE, SIDE, WIDTH, Sound, draw, play, run_split

from avsep.arrays import Image
from avsep.media.reading import Waveform
from avsep.media.writing import write_video
from avsep.timeline import FRAME_RATE

FRAMES = 24 * FRAME_RATE  # of less than some 12 s nobody's lips are doubted
SCREEN = int(0.6 * SIDE)  # px
TWICE, ALIKE = "shown a second time", "nearly the same voice"
STRANGERS = "Nobody's lips go", "hardly goes with the lips of"


@dataclass(frozen=True)
class Outcome:
    """What a run said.

    Attributes:
        people: Who got a voice.
        twice: Faces that were left out as pictures of somebody who has one.
        strangers: Whether the sound of anybody was said to be that of others.
        alike: Whether voices were said to be nearly the same.
    """

    people: int
    twice: int
    strangers: bool
    alike: bool

    def __str__(self) -> str:
        doubts = {"strangers": self.strangers, "alike": self.alike}
        said = ", ".join(name for name, doubt in doubts.items() if doubt) or "-"
        return f"{self.people:6d} {self.twice:5d} {said:10}"


def add_screen(frame: Image, face: Image) -> Image:
    """The frame with a face on a small screen in the middle of its lower edge."""
    left, top = (WIDTH - SCREEN) // 2, HEIGHT - SCREEN
    frame[top:, left : left + SCREEN] = cv2.resize(face, (SCREEN, SCREEN))
    return frame


def write(video: Path, frames: Iterable[Image], sound: Sound) -> Path:
    """Write a video unless it is there."""
    if not video.exists():
        video.parent.mkdir(parents=True, exist_ok=True)
        write_video(video, frames, Waveform(sound[None], SAMPLE_RATE))
    return video


def split(video: Path, model: str) -> Outcome:
    """Split a video, and read what was said of it."""
    result = run_split(video, video.parent / "out", model)
    said = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    warnings = " ".join(said["warnings"])
    twice = sum(TWICE in left_out["reason"] for left_out in said["left_out"])
    strangers = any(sentence in warnings for sentence in STRANGERS)
    return Outcome(len(said["speakers"]), twice, strangers, ALIKE in warnings)


def main() -> None:
    """Print a line for each debate, and how often each was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--late", type=float, default=0.4, help="of the screen, s")
    parser.add_argument("--model", default="base")
    options = parser.parse_args()
    text = (Path(__file__).parent / "debates.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["debates"]
    sides = [
        [
            play([options.faces / clip for clip in debate[side]], FRAMES)
            for side in ("left", "right")
        ]
        for debate in listed
    ]
    late = round(options.late * FRAME_RATE)
    kinds = ("as it is", f"screen {options.late:g} s late", "sound of others", "left dubbed")
    print(f"{'':20}" + "".join(f"{kind:26}" for kind in kinds))
    print(f"{'':20}" + f"{'people twice doubts':26}" * 4)
    found: list[tuple[Outcome, ...]] = []
    for place, debate in enumerate(listed):
        (left, _), (right, _) = sides[place]
        sounds = [np.sum([voice for _, voice in pair], axis=0) for pair in sides]
        shown = [left[max(0, frame - late)] for frame in range(FRAMES)]
        plain = [map(draw, zip(left, right, strict=True)) for _ in range(4)]
        screen = map(add_screen, plain[1], shown)
        folder = options.work / debate["name"]
        own, other = sounds[place], sounds[(place + 1) % len(sounds)]
        dubbed = sides[place][1][1] + sides[(place + 3) % len(sides)][0][1]
        videos = (
            write(folder / "plain.mp4", plain[0], own),
            write(folder / f"screen-{late}.mp4", screen, own),
            write(folder / "dubbed.mp4", plain[2], other),
            write(folder / "half.mp4", plain[3], dubbed),
        )
        found.append(tuple(split(video, options.model) for video in videos))
        print(f"{debate['name']:20}" + "    ".join(map(str, found[-1])), flush=True)
    plain_right = sum((o.people, o.twice, o.strangers, o.alike) == (2, 0, 0, 0) for o, *_ in found)
    joined = sum((o.people, o.twice > 0) == (2, True) for _, o, *_ in found)
    noticed, named = (sum(row[kind].strangers for row in found) for kind in (2, 3))
    print(f"right as they are {plain_right}, joined {joined}, noticed {noticed}, ", end="")
    print(f"left dubbed noticed {named} of {len(found)}")


if __name__ == "__main__":
    main()
