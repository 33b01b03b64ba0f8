"""Small recordings of every awkward kind, made once by ffmpeg.

Unless said otherwise a recording lasts two seconds, its frames are 160x120 at 25 per
second in H.264, and frame n is a plain grey of luma 16 + 4 n, so that a test can read
which frame it has before it (the fixture `number_of` does). Its sound is a 440 Hz tone.
"""

from __future__ import annotations

import logging
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from avsep.arrays import Image
from avsep.media.ffmpeg import find_tool
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.pipeline import Separator

# How long a case takes says more of the machine than of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

MakeMedia = Callable[..., Path]

GREYS = "nullsrc=size=160x120:rate=25:duration=2,geq=lum='16+4*N':cb=128:cr=128"
TONE = "sine=frequency=440:sample_rate=44100:duration=2"
AS_FRAMES = ("-f", "lavfi", "-i", GREYS)
AS_SOUND = ("-f", "lavfi", "-i", TONE)
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-pix_fmt", "yuv420p")
DELAY = "0.7"
VERSION = subprocess.run([find_tool("ffmpeg"), "-version"], capture_output=True, check=True).stdout
FFMPEG = int((re.match(rb"ffmpeg version n?(\d+)\.", VERSION) or [0, 99])[1])


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a network that has learnt nothing."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_model(SeparationNetwork(TINY), path)
    return path


@pytest.fixture(scope="session")
def make_separator() -> Callable[..., Separator]:
    """A separator with this detector, and for people's faces no network; parts may be others."""

    def make(weights: Path, detect: object, **parts: object) -> Separator:
        separator = Separator(weights, "cpu")
        for name, part in {"detect": detect, "embed": None, **parts}.items():
            setattr(separator, name, part)
        return separator

    return make


@pytest.fixture(scope="session", autouse=True)
def hear_interrupts() -> Iterator[None]:
    """Some tests interrupt; a shell lets what runs in the background ignore that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def make_media(tmp_path_factory: pytest.TempPathFactory) -> MakeMedia:
    """Make a recording: `make_media(name, *ffmpeg arguments before the output)` -> its path."""

    def make(name: str, *arguments: str | Path) -> Path:
        # A folder of its own: two tests may choose the same name.
        target = tmp_path_factory.mktemp("media") / name
        quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")
        command = [find_tool("ffmpeg"), *quiet, *arguments, f"file:{target}"]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)
        return target

    return make


@pytest.fixture(autouse=True)
def keep_loggers() -> Iterator[None]:
    """What one test lets be told or kept quiet holds for no other."""
    yield
    logging.disable(logging.NOTSET)
    logging.getLogger("avsep").setLevel(logging.NOTSET)
    for name in [n for n in logging.root.manager.loggerDict if n.partition(".")[0] == "avsep"]:
        other = logging.getLogger(name)
        other.propagate, other.disabled = True, False


@pytest.fixture(autouse=True)
def forget_names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Names that one test gives to speakers of a shared recording are not kept for the next."""
    yield
    for kept in tmp_path_factory.getbasetemp().glob("media*/avsep.toml"):
        kept.unlink()


@pytest.fixture(scope="session")
def ffmpeg_version() -> int:
    """The first number of ffmpeg's version; 99 for builds without numbers, which are new."""
    return FFMPEG


@pytest.fixture(scope="session")
def number_of() -> Callable[[Image], int]:
    """Read the number off a plain grey frame."""
    return lambda image: round(float(np.mean(image)) * 219 / 255 / 4)


@pytest.fixture(scope="session")
def clip(make_media: MakeMedia) -> Path:
    """An ordinary MP4: 50 greys, stereo AAC at 44.1 kHz."""
    return make_media("clip.mp4", *AS_FRAMES, *AS_SOUND, *H264, "-c:a", "aac", "-ac", "2")


@pytest.fixture(scope="session")
def silent_clip(make_media: MakeMedia) -> Path:
    """An MP4 without sound."""
    return make_media("silent.mp4", *AS_FRAMES, *H264)


@pytest.fixture(scope="session")
def tone(make_media: MakeMedia) -> Path:
    """A WAV file, mono, 16 bit, 44.1 kHz: no pictures."""
    return make_media("tone.wav", *AS_SOUND)


@pytest.fixture(scope="session")
def covered_tone(make_media: MakeMedia) -> Path:
    """An MP3 with a cover picture."""
    cover = ("-f", "lavfi", "-i", "color=red:size=100x100:duration=0.04:rate=25")
    mapped = ("-map", "0:a", "-map", "1:v", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    kept = ("-disposition:v", "attached_pic", "-id3v2_version", "3")
    return make_media("covered.mp3", *AS_SOUND, *cover, *mapped, *kept)


@pytest.fixture(scope="session")
def phone_clip(make_media: MakeMedia) -> Path:
    """An MP4 to be shown a quarter turned: stored 160x120, upper half white once upright."""
    halves = "color=black:size=160x120:rate=25:duration=1,drawbox=w=80:color=white:thickness=fill"
    lying = make_media("lying.mp4", "-f", "lavfi", "-i", halves, *H264)
    # Stored left becomes shown top; up to ffmpeg 5 the turn is told otherwise.
    if FFMPEG < 6:
        copied = ("-c", "copy", "-metadata:s:v", "rotate=270")
        return make_media("phone.mp4", "-i", lying, *copied)
    return make_media("phone.mp4", "-display_rotation", "-90", "-i", lying, "-c", "copy")


@pytest.fixture(scope="session")
def wide_clip(make_media: MakeMedia) -> Path:
    """An MP4 whose pixels are 4:3 wide, as on old discs: stored 120x90, shown 160x90."""
    shape = ("-vf", "scale=120:90,setsar=4/3")
    return make_media("wide.mp4", *AS_FRAMES, *AS_SOUND, *shape, *H264, "-c:a", "aac")


@pytest.fixture(scope="session", params=["mp4", "mkv", "ts"])
def late_sound_clip(make_media: MakeMedia, request: pytest.FixtureRequest) -> Path:
    """Sound that begins 0.7 s after the frames, in three containers."""
    inputs = (*AS_FRAMES, "-itsoffset", DELAY, *AS_SOUND)
    return make_media(f"late-sound.{request.param}", *inputs, *H264, "-bf", "0", "-c:a", "aac")


@pytest.fixture(scope="session", params=["mp4", "mkv", "ts"])
def late_picture_clip(make_media: MakeMedia, request: pytest.FixtureRequest) -> Path:
    """Frames that begin 0.72 s after the sound, in three containers."""
    inputs = ("-itsoffset", "0.72", *AS_FRAMES, *AS_SOUND)
    return make_media(f"late-picture.{request.param}", *inputs, *H264, "-bf", "0", "-c:a", "aac")


@pytest.fixture(scope="session")
def uneven_clip(make_media: MakeMedia) -> Path:
    """Frames at uneven times, none from 0.48 to 0.99 s: `number_of` / 25 is their time."""
    source = "nullsrc=size=160x120:rate=100:duration=2,geq=lum='16+T*100':cb=128:cr=128"
    chosen = "select='not(mod(n,3))*not(between(n,50,98))+eq(n,10)+eq(n,20)'"
    inputs = ("-f", "lavfi", "-i", f"{source},{chosen}", *AS_SOUND)
    return make_media("uneven.mp4", *inputs, "-fps_mode", "vfr", *H264, "-c:a", "aac")


@pytest.fixture(scope="session", params=["24", "30000/1001", "50"])
def other_rate_clip(make_media: MakeMedia, request: pytest.FixtureRequest) -> Path:
    """An MP4 of 24, 29.97 or 50 frames per second: `number_of` / 25 is their time."""
    rate = request.param
    source = f"nullsrc=size=160x120:rate={rate}:duration=2,geq=lum='16+T*100':cb=128:cr=128"
    name = f"rate-{rate.partition('/')[0]}.mp4"
    return make_media(name, "-f", "lavfi", "-i", source, *AS_SOUND, *H264, "-c:a", "aac")


@pytest.fixture(scope="session")
def surround_clip(make_media: MakeMedia) -> Path:
    """An MKV with 5.1 channels at 48 kHz in FLAC; each channel a tone of its own."""
    tones = "|".join(f"0.1*sin(2*PI*{200 * (n + 1)}*t)" for n in range(6))
    sound = f"aevalsrc='{tones}':channel_layout=5.1:sample_rate=48000:duration=2"
    inputs = (*AS_FRAMES, "-f", "lavfi", "-i", sound)
    return make_media("surround.mkv", *inputs, *H264, "-c:a", "flac")


@pytest.fixture(scope="session")
def two_sounds_clip(make_media: MakeMedia) -> Path:
    """An MKV with two sounds: 440 Hz in mono first, then 880 Hz in stereo marked as default."""
    second = ("-f", "lavfi", "-i", TONE.replace("440", "880"))
    mapped = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-ac:a:1", "2", "-c:a", "flac")
    marks = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    return make_media("two.mkv", *AS_FRAMES, *AS_SOUND, *second, *mapped, *marks, *H264)


@pytest.fixture(scope="session")
def long_sound_clip(make_media: MakeMedia) -> Path:
    """An MP4 whose sound goes on for a second after its two seconds of frames."""
    sound = ("-f", "lavfi", "-i", TONE.replace("duration=2", "duration=3"))
    return make_media("long-sound.mp4", *AS_FRAMES, *sound, *H264, "-c:a", "aac")


@pytest.fixture(scope="session")
def cut_off_clip(make_media: MakeMedia) -> Path:
    """The first half of an MP4 whose index stands at its beginning."""
    moving = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2")
    settings = (*H264, "-c:a", "aac", "-movflags", "+faststart")
    whole = make_media("whole.mp4", *moving, *AS_SOUND, *settings)
    content = whole.read_bytes()
    target = whole.with_name("cut-off.mp4")
    target.write_bytes(content[: len(content) // 2])
    return target
