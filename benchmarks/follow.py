"""How far `avsep follow` is behind a recording that is written in real time, and what that costs.

    python benchmarks/follow.py VIDEO [--kind ts|mp4|mkv]

The recording is written as fast as it is played, by a clock of its own, and followed. Then it is
split, and the voices are compared. Exit status 1 if a voice came later than 6 s.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import soundfile
import torch

from avsep.follow.follow import Asked, follow
from avsep.media.ffmpeg import find_tool
from avsep.media.probing import probe
from avsep.metrics import si_sdr
from avsep.pipeline import Separator

LATEST = 6.0  # seconds that a voice may come after it was spoken
KINDS = {
    "ts": ["-f", "mpegts"],
    "mp4": ["-movflags", "frag_keyframe+empty_moov+default_base_moof"],
    "mkv": ["-cluster_time_limit", "500"],
}


class Clock:
    """Notes when each block came, against when it was written."""

    def __init__(self) -> None:
        self.began = 0.0
        self.lags: list[float] = []
        self._made = 0.0

    def tell(self, line: Mapping[str, Any]) -> None:
        """Programs' lines are of no interest."""

    def note(self, text: str) -> None:
        """Remarks are."""
        print(text)

    def show(self, seconds: float, behind: float, people: int) -> None:
        """A block is there: its first sample was played at a known time."""
        del behind, people
        self.lags.append(time.monotonic() - self.began - self._made)
        self._made = seconds


def main() -> int:
    """Write, follow, split, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="ts")
    options = parser.parse_args()
    separator = Separator()
    separator.network, separator.detect, separator.embed  # noqa: B018 - loaded before the clock
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growing = folder / f"growing.{options.kind}"
        before = time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        writer = threading.Thread(target=write, args=[options.video, growing, options.kind, clock])
        writer.start()
        asked = Asked(folder / "live", rest=3.0)
        follow(growing, separator, asked, clock)
        writer.join()
        used = time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        separator.split(growing, folder / "split")
        length = probe(growing).duration
        print(
            f"{length:.0f} s; behind at most {max(clock.lags):.1f} s, "
            f"in the mean {sum(clock.lags) / len(clock.lags):.1f} s; "
            f"{used / length:.2f} s of a processor for each"
        )
        for path in sorted((folder / "live/growing").glob("*.wav")):
            voice, truth = (read(where) for where in (path, folder / "split/growing" / path.name))
            length = min(len(voice), len(truth))
            alike = float(si_sdr(voice[:length], truth[:length]))
            print(f"{path.stem}: {alike:.1f} dB SI-SDR against split")
    return int(max(clock.lags) > LATEST)


def write(video: Path, target: Path, kind: str, clock: Clock) -> None:
    """Copy a recording as fast as it is played."""
    clock.began = time.monotonic()
    copied = ["-re", "-i", video, "-c", "copy", *KINDS[kind], "-flush_packets", "1"]
    subprocess.run([find_tool("ffmpeg"), "-loglevel", "error", *copied, target], check=True)


def read(path: Path) -> torch.Tensor:
    """The first channel of a sound file."""
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return torch.from_numpy(samples[:, 0].copy())


if __name__ == "__main__":
    sys.exit(main())
