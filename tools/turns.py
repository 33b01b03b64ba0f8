"""Score voices in debates whose people take turns and interrupt each other.

    python tools/turns.py FACES WORK [--model NAME|FILE] [--json FILE]

FACES holds the clips that `debates.toml` lists. In each of its debates the left one speaks alone,
then both at once, then the right one alone; whoever listens holds still. WORK takes the videos,
true voices and results; videos that are there already are used again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from debates import (
    SAMPLE_RATE,
    draw,
    gate,
    list_debates,
    measure,
    play,
    read,
    run_split,
)

from avsep.arrays import Sound
from avsep.media.reading import Waveform
from avsep.media.writing import write_video
from avsep.timeline import FRAME_RATE

SECONDS = 20
BEGIN, END = 8, 12  # seconds in which both speak
TURNS = {"left": [(0, END)], "right": [(BEGIN, SECONDS)]}
ALONE, BOTH = {"left": (0, BEGIN), "right": (END, SECONDS)}, (BEGIN, END)


@dataclass(frozen=True)
class Turn:
    """How one voice of a debate comes out, dB.

    Attributes:
        alone: SI-SDR while nobody else speaks.
        level: By how much it is louder then than it was.
        gain: By how much SI-SDR is better than the mixture's while both speak.
        heard: Of the other, while they speak alone, in this one's file.
    """

    alone: float
    level: float
    gain: float
    heard: float


def compose(debate: dict[str, list[str]], faces: Path, folder: Path) -> Path:
    """Write the video, and beside it the true voices."""
    video = folder / "turns.mp4"
    if video.exists():
        return video
    folder.mkdir(parents=True, exist_ok=True)
    parts = {}
    for side, turns in TURNS.items():
        spoken = play([faces / clip for clip in debate[side]], SECONDS * FRAME_RATE)
        parts[side] = gate(*spoken, turns, SECONDS)
        soundfile.write(folder / f"true-{side}.wav", parts[side][1], SAMPLE_RATE, "FLOAT")
    mixture = parts["left"][1] + parts["right"][1]
    frames = map(draw, zip(parts["left"][0], parts["right"][0], strict=True))
    write_video(video, frames, Waveform(mixture[None], SAMPLE_RATE))
    return video


def score(video: Path, model: str) -> dict[str, Turn]:
    """Split a debate anew, and compare with the true voices, by side."""
    result = run_split(video, video.parent / "out", model, "--force")
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    speakers = sorted(manifest["speakers"], key=lambda speaker: float(speaker["box"][0]))
    true = {side: read(video.parent / f"true-{side}.wav") for side in TURNS}
    found = {
        side: read(result / speaker["file"]) for side, speaker in zip(TURNS, speakers, strict=True)
    }
    mixture = np.sum(list(true.values()), axis=0)
    return {
        "left": _compare(found["left"], true["left"], mixture, ALONE["left"], ALONE["right"]),
        "right": _compare(found["right"], true["right"], mixture, ALONE["right"], ALONE["left"]),
    }


def _compare(
    found: Sound, true: Sound, mixture: Sound, alone: tuple[int, int], listening: tuple[int, int]
) -> Turn:
    own, both, other = (_cut(span) for span in (alone, BOTH, listening))
    return Turn(
        alone=measure(found[own], true[own]),
        level=_compare_levels(found[own], true[own]),
        gain=measure(found[both], true[both]) - measure(mixture[both], true[both]),
        heard=_compare_levels(found[other], mixture[other]),
    )


def _compare_levels(one: Sound, other: Sound) -> float:
    return float(10 * np.log10(np.square(one).mean() / np.square(other).mean()))


def _cut(span: tuple[int, int]) -> slice:
    start, stop = span
    return slice(start * SAMPLE_RATE, stop * SAMPLE_RATE)


def main() -> None:
    """Print a line for each voice, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", default="base")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    everything: dict[str, Turn] = {}
    print(f"{'dB':32}{'alone':>8}{'level':>8}{'gain':>8}{'heard':>8}")
    for debate in list_debates():
        name = debate["name"]
        video = compose(debate, options.faces, options.work / name)
        for side, turn in score(video, options.model).items():
            everything[f"{name} {side}"] = turn
            _show(f"{name} {side}", turn)
    rows = [list(asdict(turn).values()) for turn in everything.values()]
    _show("median", Turn(*np.median(rows, axis=0)))
    _show("mean", Turn(*np.mean(rows, axis=0)))
    if options.json:
        table = {name: asdict(turn) for name, turn in everything.items()}
        options.json.write_text(json.dumps(table, indent=2), encoding="utf-8")


def _show(name: str, turn: Turn) -> None:
    print(
        f"{name:32}{turn.alone:8.1f}{turn.level:8.1f}{turn.gain:8.1f}{turn.heard:8.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
