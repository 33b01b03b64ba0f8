"""How long lips and separation take for each speaker, against reading the same sound.

    python benchmarks/network.py [--seconds 60] [--model base] [--precision auto]

Faces and sound are made up: neither changes the time. Speakers of one recording share what
depends on the sound alone, so more of them are cheaper each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile

from avsep.faces.crops import stored_side
from avsep.faces.people import LipClip, Person
from avsep.faces.tracks import Track
from avsep.kit import Kit
from avsep.media.sound import SoundFileReader
from avsep.model.network import SeparationNetwork
from avsep.separation.enhance import enhance

RATE = 48_000
FRAME_RATE = 25


def main() -> None:
    """Print a line for each number of speakers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--model", default="base")
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    network = Kit(options.model, precision=options.precision).engine.network
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        noise = np.random.default_rng(0).normal(0, 0.05, (options.seconds * RATE, 1))
        soundfile.write(folder / "sound.wav", noise, RATE, "FLOAT")
        read = time_reading(folder / "sound.wav")
        print(f"reading {options.seconds} s of sound: {read / options.seconds:.5f} x real time")
        for count in (1, 2, 3, 5):
            people = [
                make_person(folder, number, options.seconds * FRAME_RATE, network)
                for number in range(count)
            ]
            taken = clock(lambda people=people: run(network, folder / "sound.wav", people))
            each = taken / options.seconds / count
            print(
                f"{count} speakers: {each:.4f} x real time for each,"
                f" {taken / read / count:.0f} x reading"
            )


def make_person(folder: Path, number: int, frames: int, network: SeparationNetwork) -> Person:
    """Somebody seen all along, with a mouth of noise."""
    size = stored_side(network.config.lip_size)
    path = folder / f"{number}.raw"
    generator = np.random.default_rng(number)
    with path.open("wb") as file:
        for _ in range(frames):
            file.write(generator.integers(0, 255, size * size, np.uint8).tobytes())
    track = Track(
        number + 1,
        0,
        np.zeros((frames, 4), np.float32),
        np.zeros((frames, 5, 2), np.float32),
        0,
    )
    return Person(number + 1, (LipClip(track, path, size),))


def time_reading(path: Path) -> float:
    """Seconds to read a sound file in blocks."""

    def read() -> None:
        with closing(SoundFileReader(path)) as sound:
            for start in range(0, sound.samples, RATE):
                sound.read(start, start + RATE)

    return clock(read)


def run(network: SeparationNetwork, path: Path, people: list[Person]) -> None:
    """Lips and separation, nothing written."""
    with closing(SoundFileReader(path)) as sound:
        deque(enhance(network, sound, people, [True] * len(people)), maxlen=0)


def clock(work: Callable[[], None], repeats: int = 3) -> float:
    """Seconds of the fastest of some runs."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
