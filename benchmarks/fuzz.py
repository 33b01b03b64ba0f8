"""Split damaged recordings, and see that each is split or refused, in time, and in its place.

    python benchmarks/fuzz.py [--files 300] [--seed 0]

Tiny recordings in six containers are damaged in their headers or in the middle: bytes changed,
overwritten, cut out, doubled, cut off, or numbers set to extremes. They go through all of
`split`, only that faces are seen where a fake detector says, and a tiny network separates.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from avsep.arrays import Image
from avsep.errors import AvsepError
from avsep.faces.detectors import Face
from avsep.media.ffmpeg import find_tool
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.pipeline import Separator, split

CONTAINERS = ("mp4", "mov", "mkv", "webm", "avi", "ts")
CODECS = {"webm": ["-c:v", "libvpx", "-c:a", "libopus"], "avi": ["-c:a", "pcm_s16le"]}
HEADER = 1500  # bytes at both ends in which containers keep what they say of themselves
LIMIT = 60  # seconds for one file
FACE = Face(
    np.array([5, 5, 35, 45], np.float32),
    np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32),
    0.99,
)


class HungError(Exception):
    """A file took too long."""


def make_seeds(folder: Path) -> list[Path]:
    """One whole recording in each container."""
    sources = ("testsrc2=size=96x72:rate=25:duration=1", "sine=sample_rate=48000:duration=1")
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    seeds = [folder / f"seed.{container}" for container in CONTAINERS]
    for seed in seeds:
        codecs = CODECS.get(seed.suffix[1:], ["-preset", "ultrafast"])
        command = [find_tool("ffmpeg"), "-nostdin", "-v", "error", *inputs, *codecs, seed]
        subprocess.run(command, check=True)
    return seeds


def damage(content: bytearray, chance: random.Random) -> bytearray:
    """A damaged copy."""
    content = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 10))):
        if len(content) <= 1:
            break
        length = min(len(content) - 1, chance.choice((1, 2, 4, 8, 64, 512)))
        first = _choose_place(len(content) - length, chance)
        place = slice(first, first + length)
        match chance.randrange(6):
            case 0:
                content[first] ^= 1 << chance.randrange(8)
            case 1:
                content[place] = chance.randbytes(length)
            case 2:
                content[place] = bytes([chance.choice((0, 0x7F, 0x80, 0xFF))]) * length
            case 3:
                del content[place]
            case 4:
                content[place] = content[place] * 2
            case _:
                del content[max(1, first) :]
    return content


def _choose_place(last: int, chance: random.Random) -> int:
    """Somewhere in a header, or anywhere."""
    header = min(HEADER, last)
    choices = (
        chance.randint(0, header),
        last - chance.randint(0, header),
        chance.randint(0, last),
    )
    return max(0, chance.choice(choices))


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise an exception in what takes longer."""

    def stop(*_: object) -> None:
        raise HungError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def see(image: Image) -> list[Face]:
    """One face, always at the same place."""
    del image
    return [FACE]


def try_file(file: Path, output: Path, separator: Separator) -> str:
    """What becomes of a file: done, refused, hung, or a traceback."""
    try:
        with limited(LIMIT):
            split(file, output, separator)
    except AvsepError:
        return "refused"
    except HungError:
        return "hung"
    except Exception:  # noqa: BLE001 - it is what is looked for
        traceback.print_exc()
        return "traceback"
    return "done"


def fuzz(files: int, seed: int) -> Counter[str]:
    """Damage and split so many files; counts what became of them.

    Returns:
        How many were done or refused, hung or ended in a traceback, and how many files were
        found where none should be.
    """
    chance, counts = random.Random(seed), Counter[str]()  # noqa: S311
    logging.getLogger("avsep").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        separator = _make_separator(folder / "tiny.safetensors")
        seeds = [(path, bytearray(path.read_bytes())) for path in make_seeds(folder)]
        before = set(folder.iterdir())
        for number in range(files):
            path, content = seeds[number % len(seeds)]
            file = folder / f"{number}{path.suffix}"
            file.write_bytes(damage(content, chance))
            state = try_file(file, folder / "out", separator)
            counts[state] += 1
            if state in {"hung", "traceback"}:
                kept = Path(tempfile.gettempdir()) / f"fuzz-{seed}-{file.name}"
                kept.write_bytes(file.read_bytes())
                print(f"{state}: {kept}", file=sys.stderr)
            file.unlink()
            hidden = list(folder.glob("out/.*"))
            strange = set(folder.iterdir()) - before - {folder / "out"}
            counts["stray files"] += len(hidden) + len(strange)
    return counts


def _make_separator(weights: Path) -> Separator:
    save_model(SeparationNetwork(TINY), weights)
    separator = Separator(weights, "cpu")
    separator.detect, separator.embed = see, None
    return separator


def main() -> None:
    """Fuzz, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as elsewhere:
        os.chdir(elsewhere)
        counts = fuzz(wanted.files, wanted.seed)
        counts["stray files"] += len(list(Path().iterdir()))
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    print(f"{wanted.files} damaged files in {time.monotonic() - began:.0f} s: {told}")
    sys.exit(bool(counts["hung"] + counts["traceback"] + counts["stray files"]))


if __name__ == "__main__":
    main()
