"""Score voices that are found by a sample: debates of two visible people, a chair and a heckler.

    python tools/unseen.py FACES WORK [--model NAME|FILE] [--json FILE]

FACES holds the clips that `debates.toml` lists. Of each debate between people of whom there is
enough, the two sides are seen, and the sides of the next debate are heard only: a chair, a sample
of whose voice is given, from other clips, and a heckler, of whom nobody knows. WORK takes the
videos, true voices and results; what is there already is used again.
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
    SAMPLES_PER_FRAME,
    draw,
    gate,
    list_debates,
    measure,
    play,
    read,
    read_clip,
    run_split,
)

from avsep.arrays import Sound
from avsep.media.reading import Waveform
from avsep.media.writing import write_video
from avsep.timeline import FRAME_RATE

SECONDS = 20
# When everybody speaks, in seconds: alone, the visible at once, the chair over one of them.
TURNS = {
    "left": [(0, 4), (11, 13), (16, 18)],
    "right": [(4, 7), (11, 16)],
    "chair": [(7, 11), (14, 16)],
    "heckler": [(18, 20)],
}
SAMPLE_SECONDS = 8
ENOUGH = 6  # clips: half of them become the sample
LOUD = 30.0  # dB below the loudest frames up to which a voice counts as speaking


@dataclass(frozen=True)
class Found:
    """How well a chair's voice is found.

    Attributes:
        before: SI-SDR of the residual without `--voice` against the true voice, dB.
        after: The same of the voice.
        alone: Of the residual where they speak alone: what a perfect cut would not change, dB.
        hit: Share of the frames in which they speak that they are given.
        wrong: Share of the frames given in which they don't speak.
        heckled: Share of the heckler's frames that the chair is given.
    """

    before: float
    after: float
    alone: float
    hit: float
    wrong: float
    heckled: float


def compose(clips: dict[str, list[Path]], folder: Path) -> Path:
    """Write the video, the sample, and all true voices."""
    video = folder / "debate.mp4"
    if video.exists():
        return video
    folder.mkdir(parents=True, exist_ok=True)
    half = len(clips["chair"]) // 2
    sample = np.concatenate([read_clip(clip)[1] for clip in clips["chair"][:half]])
    soundfile.write(folder / "chair.wav", sample[: SAMPLE_SECONDS * SAMPLE_RATE], SAMPLE_RATE)
    spoken = clips | {"chair": clips["chair"][half:]}
    parts = {
        who: gate(*play(spoken[who], SECONDS * FRAME_RATE), turns, SECONDS)
        for who, turns in TURNS.items()
    }
    for who, (_, voice) in parts.items():
        soundfile.write(folder / f"true-{who}.wav", voice, SAMPLE_RATE, "FLOAT")
    mixture = np.sum([voice for _, voice in parts.values()], axis=0)
    frames = map(draw, zip(parts["left"][0], parts["right"][0], strict=True))
    write_video(video, frames, Waveform(mixture[None], SAMPLE_RATE))
    return video


def mark(sound: Sound) -> np.ndarray:
    """The frames in which a true voice speaks."""
    power = np.square(sound[: len(sound) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME])
    power = power.reshape(-1, SAMPLES_PER_FRAME).mean(1)
    power = np.convolve(power, np.ones(9) / 9, "same")
    return power > power.max() * 10 ** (-LOUD / 10)


def score(folder: Path, model: str) -> Found:
    """Split with and without the sample, and compare with the true voice."""
    video = folder / "debate.mp4"
    # What is there without a sample stays; how samples are used is what is measured.
    whole = read(run_split(video, folder / "without", model) / "rest.wav")
    sample = f"CHAIR={folder / 'chair.wav'}"
    result = run_split(video, folder / "with", model, "--voice", sample, "--force")
    voice, true = read(result / "CHAIR.wav"), read(folder / "true-chair.wav")
    if np.abs(voice + read(result / "rest.wav") - whole).max() > 1e-6:  # noqa: PLR2004
        raise SystemExit(f"{folder}: the chair and the rest are not the rest of before")
    length = min(len(true), len(voice))
    given = np.zeros(SECONDS * FRAME_RATE, bool)
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    for start, stop in manifest["unseen"][0]["speaking"]:
        given[round(start * FRAME_RATE) : round(stop * FRAME_RATE)] = True
    speaks, heckles = mark(true), mark(read(folder / "true-heckler.wav"))
    there = np.repeat(speaks, SAMPLES_PER_FRAME)[:length]
    return Found(
        before=measure(whole[:length], true[:length]),
        after=measure(voice[:length], true[:length]),
        alone=measure(whole[:length] * there, true[:length]),
        hit=float((given & speaks).sum() / speaks.sum()),
        wrong=float((given & ~speaks).sum() / max(1, given.sum())),
        heckled=float((given & heckles).sum() / heckles.sum()),
    )


def list_scenes(faces: Path) -> dict[str, dict[str, list[Path]]]:
    """Who is seen and heard in each debate, by its name."""
    debates = [
        debate
        for debate in list_debates()
        if min(len(debate[side]) for side in ("left", "right")) >= ENOUGH
    ]
    scenes = {}
    for debate, other in zip(debates, [*debates[1:], debates[0]], strict=True):
        named = {"left": debate["left"], "right": debate["right"]}
        named |= {"chair": other["left"], "heckler": other["right"]}
        people = {Path(clips[0]).parent for clips in named.values()}
        if len(people) == len(named):
            scenes[debate["name"]] = {
                who: [faces / clip for clip in clips] for who, clips in named.items()
            }
    return scenes


def main() -> None:
    """Print a line for each debate, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", default="base")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    columns = list(Found.__dataclass_fields__)
    print(f"{'':24}" + "".join(f"{name:>9}" for name in columns), flush=True)
    everything = {}
    for name, clips in list_scenes(options.faces).items():
        compose(clips, options.work / name)
        everything[name] = asdict(score(options.work / name, options.model))
        shown = (f"{everything[name][column]:9.2f}" for column in columns)
        print(f"{name:24}{''.join(shown)}", flush=True)
    means = (np.mean([found[column] for found in everything.values()]) for column in columns)
    print(f"{'mean':24}" + "".join(f"{mean:9.2f}" for mean in means))
    if options.json:
        options.json.write_text(json.dumps(everything, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
