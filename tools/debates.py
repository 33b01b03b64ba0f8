"""Compose the debates of `debates.toml`, split each by the command line, score the voices.

    python tools/debates.py FACES WORK [--seconds N] [--late FRAMES [--since SECOND]]
        [--model NAME|FILE] [--json FILE]

FACES holds the clips the list names: one talking face each, with its own voice. WORK takes the
videos, true voices and results; what is there already is used again, so a broken run goes on.
With --late the pictures of whoever sits right come later than their voice, as on a bad link, from
the start or from some second on.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from avsep.arrays import Image
from avsep.evaluation.score_folder import Score, score
from avsep.media.probing import probe
from avsep.media.reading import Waveform, read_audio, read_frames
from avsep.media.writing import write_video
from avsep.metrics import si_sdr
from avsep.timeline import FRAME_RATE

SECONDS = 12
SAMPLE_RATE = 48_000
SAMPLES_PER_FRAME = SAMPLE_RATE // FRAME_RATE
FRAMES = SECONDS * FRAME_RATE
WIDTH, HEIGHT, SIDE = 1280, 720, 384  # px
LEVEL = 0.05  # root mean square of each voice
WALL = (110, 105, 100)  # RGB

Sound = NDArray[np.float32]


@functools.lru_cache(maxsize=64)
def read_clip(clip: Path) -> tuple[list[Image], Sound]:
    """Pictures and sound of a clip, the sound as long as the frames."""
    info = probe(clip)
    seen = list(read_frames(info))
    heard = read_audio(info, SAMPLE_RATE, mono=True).samples[0]
    samples = np.zeros(len(seen) * SAMPLES_PER_FRAME, np.float32)
    samples[: len(heard)] = heard[: len(samples)]
    return seen, samples


def play(clips: list[Path], length: int = FRAMES) -> tuple[list[Image], Sound]:
    """One person: clips in a row until the time is full, the voice at the common level."""
    frames: list[Image] = []
    sounds: list[Sound] = []
    for clip in itertools.cycle(clips):
        seen, heard = read_clip(clip)
        frames += seen
        sounds.append(heard)
        if len(frames) >= length:
            break
    sound = np.concatenate(sounds)[: length * SAMPLES_PER_FRAME]
    return frames[:length], sound * np.float32(LEVEL / np.sqrt(np.mean(sound**2)))


def gate(
    frames: list[Image], sound: Sound, turns: list[tuple[int, int]], seconds: int
) -> tuple[list[Image], Sound]:
    """Let somebody speak in their turns; in between the picture stands still."""
    count = seconds * FRAME_RATE
    shown, heard = [frames[0]] * count, np.zeros(count * SAMPLES_PER_FRAME, np.float32)
    spoken = 0
    for start, stop in turns:
        first, last = start * FRAME_RATE, stop * FRAME_RATE
        shown[first:last] = frames[spoken : spoken + last - first]
        shown[last:] = [shown[last - 1]] * (count - last)
        there, here = spoken * SAMPLES_PER_FRAME, first * SAMPLES_PER_FRAME
        length = (last - first) * SAMPLES_PER_FRAME
        heard[here : here + length] = sound[there : there + length]
        spoken += last - first
    return shown, heard


def draw(faces: tuple[Image, ...]) -> Image:
    """All faces side by side on a plain wall."""
    frame = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    for number, face in enumerate(faces):
        left = (2 * number + 1) * WIDTH // (2 * len(faces)) - SIDE // 2
        top = (HEIGHT - SIDE) // 2 + number % 2 * HEIGHT // 20
        enlarged = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        frame[top : top + SIDE, left : left + SIDE] = enlarged
    return frame


@dataclass(frozen=True)
class Link:
    """How a debate is sent.

    Attributes:
        frames: Its length.
        late: Frames by which the pictures of whoever sits right come late,
        since: from that one on.
    """

    frames: int = FRAMES
    late: int = 0
    since: int = 0

    def send(self, pictures: list[Image]) -> list[Image]:
        """Pictures as they arrive: one of them stands still until the delay is there."""
        held = [pictures[self.since]] * self.late
        return [*pictures[: self.since], *held, *pictures[self.since :]][: len(pictures)]


def compose(debate: dict[str, list[str]], faces: Path, folder: Path, link: Link) -> Path:
    """Write the video and, beside it, the true voices."""
    video = folder / "debate.mp4"
    composed = folder / "link.json"
    if video.exists():
        if composed.exists() and Link(**json.loads(composed.read_text(encoding="utf-8"))) != link:
            raise SystemExit(f"{video} was composed otherwise: take another folder")
        return video
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    people = [
        play([faces / clip for clip in debate[side]], link.frames) for side in ("left", "right")
    ]
    for number, (_, voice) in enumerate(people, start=1):
        soundfile.write(folder / "truth" / f"person-{number}.wav", voice, SAMPLE_RATE, "FLOAT")
    mixture = np.sum([voice for _, voice in people], axis=0)
    (left, _), (right, _) = people
    frames = map(draw, zip(left, link.send(right), strict=True))
    write_video(video, frames, Waveform(mixture[None], SAMPLE_RATE))
    composed.write_text(json.dumps(asdict(link)), encoding="utf-8")
    return video


def run_split(video: Path, output: Path, model: str, *options: str) -> Path:
    """Run the command line as a user would, and return the folder of the result."""
    command = [sys.executable, "-m", "avsep", "split", str(video), "--model", model]
    command += ["--output-dir", str(output), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return output / video.stem


def split_and_score(video: Path, model: str) -> list[Score]:
    """Split a debate anew, then compare."""
    result = run_split(video, video.parent / "out", model, "--force")
    source = read_audio(probe(video))
    scores = score(result, video.parent / "truth", by_place=True)
    for item in scores:
        found = soundfile.info(result / f"{item.name}.wav")
        if (found.samplerate, found.frames) != (source.sample_rate, source.samples.shape[1]):
            raise SystemExit(f"{video}: {item.name}.wav has another length or rate")
    return scores


def read(path: Path) -> Sound:
    """A sound as one channel, (samples,)."""
    samples: Sound = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(1)
    return samples


def measure(voice: Sound, truth: Sound) -> float:
    """SI-SDR, dB."""
    return float(si_sdr(torch.from_numpy(voice), torch.from_numpy(truth)))


def list_debates() -> list[dict[str, Any]]:
    """The debates of `debates.toml`: the name of each, and the clips of either side."""
    text = (Path(__file__).parent / "debates.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["debates"]
    return listed


def main() -> None:
    """Print a line for each voice, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--late", type=int, default=0, help="pictures of the right, frames")
    parser.add_argument("--since", type=float, default=0.0, help="from that second on")
    parser.add_argument("--model", default="base")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    link = Link(options.seconds * FRAME_RATE, options.late, round(options.since * FRAME_RATE))
    everything: dict[str, list[Score]] = {}
    print(f"{'SI-SDR in dB':32}{'before':>8}{'after':>8}{'gain':>8}{'swapped':>9}")
    for debate in list_debates():
        folder = options.work / debate["name"]
        video = compose(debate, options.faces, folder, link)
        everything[debate["name"]] = split_and_score(video, options.model)
        for side, item in zip(("left", "right"), everything[debate["name"]], strict=True):
            name = f"{debate['name']} {side}"
            print(f"{name:32}{item.before:8.1f}{item.after:8.1f}{item.improvement:8.1f}", end="")
            print(f"{item.swapped:9.1f}", flush=True)
    voices = [item for scores in everything.values() for item in scores]
    gain = np.mean([item.improvement for item in voices])
    loss = np.mean([item.after - item.swapped for item in voices if item.swapped is not None])
    print(f"mean gain {gain:.2f} dB; swapping the two voices loses {loss:.2f} dB")
    if options.json:
        table = {name: [asdict(item) for item in scores] for name, scores in everything.items()}
        options.json.write_text(json.dumps(table, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
