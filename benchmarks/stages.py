"""How long each stage of `avsep split` takes, against decoding alone.

    python benchmarks/stages.py VIDEO [--repeats 3] [--cpu]

Every stage runs by itself, then the whole command runs in a process of its own. Of several
repeats the fastest counts. Ratios compare better between machines than seconds do, and with
--cpu seconds of processors, ours and ffmpeg's, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from avsep.device import count_detector_threads
from avsep.faces.detectors import retinaface
from avsep.faces.scan import Looking, look_for_people
from avsep.media.probing import probe
from avsep.media.reading import extract_audio, read_pictures
from avsep.media.sound import SoundFileReader
from avsep.pipeline import Separator
from avsep.separation.enhance import enhance
from avsep.separation.mixture import working_rate


def main() -> None:
    """Print a line for each stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cpu", action="store_true", help="seconds that processors were busy")
    options = parser.parse_args()
    info = probe(options.video)
    with tempfile.TemporaryDirectory() as folder:
        seconds = time_stages(
            options.video,
            Path(folder),
            options.repeats,
            read_processor_time if options.cpu else time.perf_counter,
        )
    decoding = seconds["decoding alone"]
    print(f"{options.video.name}: {info.duration:.0f} s, {info.width} x {info.height}")
    unit = "CPU s" if options.cpu else "seconds"
    print(f"{'stage':28}{unit:>9}{'/ decoding':>12}{'/ real time':>13}")
    for stage, taken in seconds.items():
        print(f"{stage:28}{taken:9.2f}{taken / decoding:12.2f}{taken / info.duration:13.3f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory of the whole command at most: {peak:.0f} MB")


def time_stages(
    video: Path, folder: Path, repeats: int, now: Callable[[], float]
) -> dict[str, float]:
    """Seconds of each stage, by a clock."""
    info = probe(video)
    separator = Separator()
    detect = retinaface(count_detector_threads())
    how = Looking(detect, separator.embed, separator.mouth_size)
    sound = folder / "mixture.wav"
    people = look_for_people(info, how, folder).persons

    def separate() -> None:
        with closing(SoundFileReader(sound)) as mixture:
            wanted = [True] * len(people)
            deque(enhance(separator.engine.network, mixture, people, wanted), maxlen=0)

    def find() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as mouths:
            look_for_people(info, how, Path(mouths))

    def command() -> None:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "avsep",
                "-q",
                "split",
                str(video),
                "-o",
                str(folder),
                "--force",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    stages: dict[str, Callable[[], object]] = {
        "decoding alone": lambda: deque(read_pictures(info), maxlen=0),
        "decoding and finding people": find,
        "reading the sound": lambda: extract_audio(info, sound, working_rate(info.sample_rate)),
        "lips and separation": separate,
        "the whole command": command,
    }
    return {name: min(clock(stage, now) for _ in range(repeats)) for name, stage in stages.items()}


def clock(stage: Callable[[], object], now: Callable[[], float]) -> float:
    """Seconds a stage takes."""
    began = now()
    stage()
    return now() - began


def read_processor_time() -> float:
    """Seconds that processors were busy for us and for programs that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
