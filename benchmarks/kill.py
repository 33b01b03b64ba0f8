"""Kill `avsep split` at random moments, and see whether the results are as if nothing had been.

    python benchmarks/kill.py [--kills 20] [--seed 0]

Each time either the command alone is killed, or its worker processes with it. After each kill
every folder under a final name must be whole; recordings that were finished must stay
untouched; and once a run comes to its end, the tree must be that of an undisturbed run, byte
for byte (but for summary.json and summary.csv, which tell what each run did).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from avsep.media.ffmpeg import find_tool

ROOT = Path(__file__).parents[1]
CLIPS = ("a.mp4", "day/ep.1.mp4", "day/ep.2.mkv")
SECONDS = 2


def make_clips(folder: Path) -> None:
    """Short pieces of the example debate, small enough to be quick."""
    for number, name in enumerate(CLIPS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cut = ["-ss", str(3 * number), "-i", ROOT / "examples/debate.mp4", "-t", str(SECONDS)]
        command = [find_tool("ffmpeg"), "-nostdin", "-v", "error", *cut, "-s", "640x360"]
        subprocess.run([*command, folder / name], check=True)


def start(source: Path, output: Path) -> subprocess.Popen[bytes]:
    """Begin a run, in a process group of its own."""
    command = [sys.executable, "-m", "avsep", "-q", "split", source, "-o", output, "--video"]
    return subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def read_tree(folder: Path) -> dict[str, str]:
    """Checksums of all files, hidden ones too."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.startswith("summary.")
    }


def find_finished(output: Path) -> dict[str, int]:
    """Finished results, all of whose files must be right, and when each was finished."""
    finished = {}
    for place, folders, files in os.walk(output):
        # A worker that outlives the command may be clearing away its hidden folder just now.
        folders[:] = [name for name in folders if not name.startswith(".avsep-")]
        if not any(name.endswith(".wav") for name in files):
            continue
        folder = Path(place)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for file in manifest["files"]:
            digest = hashlib.sha256((folder / file["file"]).read_bytes()).hexdigest()
            assert digest == file["sha256"], f"{folder / file['file']} is half a file"
        finished[str(folder)] = (folder / "manifest.json").stat().st_mtime_ns
    return finished


def kill(run: subprocess.Popen[bytes], chance: random.Random) -> None:
    """End the command, or everything that belongs to it."""
    if chance.random() < 0.5:  # noqa: PLR2004
        run.kill()
    else:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def disturb(source: Path, output: Path, seconds: float, chance: random.Random) -> bool:
    """Run and kill; whether it came to an end before that."""
    before = find_finished(output)
    run = start(source, output)
    try:
        run.wait(chance.uniform(0, seconds))
    except subprocess.TimeoutExpired:
        kill(run, chance)
    else:
        assert run.returncode == 0, f"the run failed with exit status {run.returncode}"
    after = find_finished(output)
    changed = [folder for folder, when in before.items() if after.get(folder) != when]
    assert not changed, f"{changed} were finished, and done again"
    return run.returncode == 0


def main() -> None:
    """Kill as often as is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        source, undisturbed, output = (Path(folder) / name for name in ("in", "once", "often"))
        make_clips(source)
        began = time.monotonic()
        assert start(source, undisturbed).wait() == 0
        seconds = time.monotonic() - began
        expected = read_tree(undisturbed)
        print(f"undisturbed: {len(expected)} files in {seconds:.0f} s")
        kills = ends = 0
        while kills < wanted.kills:
            if disturb(source, output, seconds, chance):
                ends += 1
                assert read_tree(output) == expected, "the tree is another one"
                shutil.rmtree(output)
            else:
                kills += 1
                held = len(find_finished(output))
                print(f"kill {kills}: {held} of {len(CLIPS)} recordings finished, all whole")
        assert start(source, output).wait() == 0
        assert read_tree(output) == expected, "the tree is another one"
        print(f"{kills} kills, {ends + 1} runs to the end: each time the same tree, byte for byte")


if __name__ == "__main__":
    main()
