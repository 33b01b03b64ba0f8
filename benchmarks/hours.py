"""See that memory does not grow with the length of a recording, and time no faster than it.

    python benchmarks/hours.py                     # ten minutes against two hours
    python benchmarks/hours.py --minutes 0.5 2     # a short form

The example debate is made small and looped without being encoded again; each length is split
by a process of its own. Printed are the memory of its largest process at its peak, its time, and
the disk that was said to be needed and the most that was taken.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from avsep.media.ffmpeg import find_tool

ROOT = Path(__file__).parents[1]
SIZE = "480x270"
LOOPED = 24.0  # seconds of the example
# Runs a command and prints the peak memory of what it starts, in megabytes.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], check=False)
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""
GROWTH = 1.1  # of memory, from the shortest to the longest


def make_long(folder: Path, minutes: float) -> Path:
    """The example debate over and over."""
    once, long = folder / "once.mp4", folder / f"{minutes:g}min.mp4"
    quiet = [find_tool("ffmpeg"), "-nostdin", "-v", "error", "-y"]
    small = ["-i", ROOT / "examples/debate.mp4", "-s", SIZE, "-preset", "ultrafast"]
    if not once.exists():
        subprocess.run([*quiet, *small, once], check=True)
    loops = str(round(minutes * 60 / LOOPED))
    looped = ["-stream_loop", loops, "-i", once, "-c", "copy", "-t", str(minutes * 60), long]
    subprocess.run([*quiet, *looped], check=True)
    return long


def watch_disk(folder: Path, taken: list[int], done: threading.Event) -> None:
    """Note every second how much lies in a folder."""
    while not done.wait(1):
        taken.append(sum(path.stat().st_size for path in list(folder.rglob("*")) if path.exists()))


def measure(source: Path, output: Path) -> tuple[float, float, str, float]:
    """Megabytes of memory at most, seconds, the disk that was announced, and taken at most."""
    split = [sys.executable, "-m", "avsep", "-v", "split", source, "-o", output]
    command = [sys.executable, "-c", MEASURE, *split]
    taken, done = [0], threading.Event()
    output.mkdir()
    watcher = threading.Thread(target=watch_disk, args=(output, taken, done))
    watcher.start()
    began = time.monotonic()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    seconds = time.monotonic() - began
    done.set()
    watcher.join()
    if run.returncode:
        sys.exit(run.stderr)
    announced = re.findall(r"needs about (.*) on the disk", run.stderr)[-1]
    peak = int(re.findall(r"peak (\d+)", run.stdout)[-1])
    megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3)
    return megabytes, seconds, announced, max(taken) / 1e6


def main() -> None:
    """Split recordings of two lengths, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs=2, default=(10, 120))
    lengths = parser.parse_args().minutes
    peaks, paces = [], []
    with tempfile.TemporaryDirectory() as folder:
        for minutes in lengths:
            source, output = make_long(Path(folder), minutes), Path(folder) / "out"
            peak, seconds, announced, taken = measure(source, output)
            peaks.append(peak)
            paces.append(seconds / minutes / 60)
            print(
                f"{minutes:g} min: {peak:.0f} MB of memory, {paces[-1]:.2f} of real time,"
                f" disk {announced} announced, {taken:.1f} MB taken",
                flush=True,
            )
            shutil.rmtree(output)
    growth = peaks[1] / peaks[0]
    print(f"memory grew {growth:.2f} times, time per minute {paces[1] / paces[0]:.2f} times")
    sys.exit(growth > GROWTH)


if __name__ == "__main__":
    main()
