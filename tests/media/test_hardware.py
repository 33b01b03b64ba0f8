"""Hardware decodes only what it decodes rightly, and what it leaves is decoded without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avsep.errors import MediaError
from avsep.media.ffmpeg import find_tool
from avsep.media.probing import probe
from avsep.media.reading import read_pictures

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIP = EXAMPLES / "debate.mp4"
FRAMES = 80  # of the clip, read as a part of it
# An ffmpeg that knows some hardware: each of them decodes, or goes wrong in its own way.
SHIM = """#!{python}
import os, subprocess, sys
words = sys.argv[1:]
if "-hwaccels" in words:
    print("Hardware acceleration methods:\\nright\\nabsent\\nother\\nshort\\nlate\\nloud")
    sys.exit()
real, kind, device = "{real}", "", ""
if "-hwaccel" in words:
    place = words.index("-hwaccel")
    kind = words[place + 1]
    del words[place : place + 2]
    if "-hwaccel_device" in words:
        place = words.index("-hwaccel_device")
        device = words[place + 1]
        del words[place : place + 2]
    with open("{notes}", "a") as notes:
        print(kind, device, file=notes)
if kind == "absent":
    sys.exit("Device creation failed: -1.")
if kind == "other":
    words = [word.replace("debate.mp4", "late.mp4") for word in words]
if kind == "loud":
    print("hwaccel initialisation returned error", file=sys.stderr)
if kind not in ("short", "late"):
    os.execv(real, [real, *words])
process = subprocess.Popen([real, *words], stdout=subprocess.PIPE)
frame = 6 + 1280 * 720 * 3 // 2
header = process.stdout.readline()
sys.stdout.buffer.write(header)
for _ in range(60 if kind == "late" else 20):
    sys.stdout.buffer.write(process.stdout.read(frame))
process.kill()
sys.exit("the card fell off the bus" if kind == "late" else 0)
"""


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Take an ffmpeg with hardware; the file names what was used, a line each time."""
    import sys

    program = tmp_path / "ffmpeg"
    written = tmp_path / "notes"
    real = find_tool("ffmpeg").resolve()
    (tmp_path / "ffprobe").symlink_to(find_tool("ffprobe").resolve())
    program.write_text(SHIM.format(python=sys.executable, real=real, notes=written))
    program.chmod(0o755)
    monkeypatch.setenv("AVSEP_FFMPEG", str(tmp_path))
    monkeypatch.delenv("AVSEP_HWACCEL", raising=False)
    return written


@pytest.fixture(scope="module")
def right():
    """Brightness of the frames as ffmpeg itself decodes them, small."""
    return look()


def look() -> list[np.ndarray]:
    info = probe(CLIP)
    frames = read_pictures(info)
    seen = [next(frames).brightness[::8, ::8].copy() for _ in range(FRAMES)]
    frames.close()
    return seen


def assert_right(right):
    np.testing.assert_array_equal(look(), right)


def test_nobody_is_asked_where_none_is_named(notes, right):
    assert_right(right)
    assert not notes.exists()


def test_hardware_that_gives_the_same_frames_is_used(notes, right, monkeypatch, caplog):
    monkeypatch.setenv("AVSEP_HWACCEL", "right:/dev/dri/renderD129")
    assert_right(right)
    # Once to try, once to read.
    assert notes.read_text().splitlines() == ["right /dev/dri/renderD129"] * 2
    assert not caplog.messages


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent", "Device creation failed: -1."),
        ("other", "it gives other frames"),
        ("short", "it gives more or fewer frames"),
        ("loud", "hwaccel initialisation returned error"),
    ],
)
def test_hardware_that_is_not_right_is_not_used(name, words, notes, right, monkeypatch, caplog):
    monkeypatch.setenv("AVSEP_HWACCEL", name)
    assert_right(right)
    assert notes.read_text().split() == [name]
    assert caplog.messages == [f"{CLIP}: {name} is not used: {words}"]


def test_ffmpeg_goes_on_where_hardware_stops(notes, right, monkeypatch, caplog):
    monkeypatch.setenv("AVSEP_HWACCEL", "late")
    assert_right(right)
    assert notes.read_text().split() == ["late"] * 2
    (message,) = caplog.messages
    assert message.endswith("late is used no further than frame 60: the card fell off the bus")


def test_hardware_that_ffmpeg_does_not_know_is_refused(notes, monkeypatch):
    del notes
    monkeypatch.setenv("AVSEP_HWACCEL", "cudda")
    with pytest.raises(MediaError, match="no hardware called cudda") as caught:
        read_pictures(probe(CLIP))
    assert "right" in caught.value.hint
    assert "AVSEP_HWACCEL" in caught.value.hint
