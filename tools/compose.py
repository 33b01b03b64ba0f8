"""Compose the videos of `examples/` from clips of the GRID corpus.

    python tools/compose.py CLIPS [--output FOLDER] [--scene NAME]

CLIPS holds one folder per speaker whose name ends in the speaker's number (s26, s29, s31), with
one clip of 192 by 192 pixels per sentence. `scenes.toml`, beside this script, says which clip is
played where, so the same clips always give the same files. Beside every video lies a folder with
the true voices: summed, sample by sample, they are the sound of the video before it was coded.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import ffmpeg
import numpy as np
import soundfile
from numpy.typing import NDArray
from studio import HEIGHT, PANEL, WIDTH, draw_scene

from avsep.arrays import Image
from avsep.media.ffmpeg import address, ffmpeg_command, read_words, run_tool, running
from avsep.timeline import FRAME_RATE

Sound: TypeAlias = NDArray[np.float32]  # (samples,)

SAMPLE_RATE = 48_000
SAMPLES_PER_FRAME = SAMPLE_RATE // FRAME_RATE
CLIP_SIDE = 192  # px
SEAM = 5  # frames shared by two takes that follow each other
FADE = 8  # frames in which a late person appears
ACTIVE_LEVEL = 0.065  # root mean square of every sentence while it is spoken
# One thread and no dates or versions: twice the same input gives twice the same file.
ENCODING = {
    "vcodec": "libx264", "preset": "slow", "crf": 23, "pix_fmt": "yuv420p", "threads": 1,
    "acodec": "aac", "audio_bitrate": "160k", "aac_pns": 0,
    "flags": "+bitexact", "fflags": "+bitexact", "map_metadata": -1, "movflags": "+faststart",
}  # fmt: skip
QUIET = 10 ** (-30 / 20)  # frames this much below the loudest one count as a pause


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """Some time of one person.

    Attributes:
        images: What is seen, every image (PANEL, PANEL, 3).
        sound: What is heard, shape (len(images) * SAMPLES_PER_FRAME,).
    """

    images: list[Image]
    sound: Sound


@dataclass(frozen=True, slots=True)
class Clip:
    """One sentence of the corpus and what of it is used.

    Attributes:
        path: The file.
        window: Left, top and side, in px, of the square that is shown.
        speech: First frame and the one after the last of the sentence.
        rest: The same for frames with the mouth at rest.
    """

    path: Path
    window: tuple[float, float, float]
    speech: tuple[int, int]
    rest: tuple[int, int]


# Reading clips


def find_clip(clips: Path, name: str, entry: dict[str, Any]) -> Clip:
    """Find the file of `name`, for example `s26-bgbsza`."""
    speaker, sentence = name.split("-")
    found = sorted(clips.glob(f"*{speaker.removeprefix('s')}/*{sentence}*"))
    if len(found) != 1:
        raise SystemExit(f"{name}: {len(found)} files in {clips}, one is needed")
    speech, pause = entry["speech"], entry.get("rest", (0, 0))
    return Clip(found[0], tuple(entry["window"]), tuple(speech), tuple(pause))


def decode(path: Path, stream: str, **settings: str | int) -> bytes:
    """Let ffmpeg decode one stream of `path` to raw bytes."""
    source = ffmpeg.input(address(path), threads=1)
    outcome = run_tool(ffmpeg_command(source[stream].output("pipe:1", **settings)))
    if outcome.code:
        raise SystemExit(f"{path}: {outcome.words}")
    return outcome.output


@functools.cache
def read_clip(clip: Clip) -> Take:
    """Read a clip; what the sound lacks to the end of the last frame becomes silence."""
    raw = decode(clip.path, "v", format="rawvideo", pix_fmt="rgb24")
    frames = np.frombuffer(raw, np.uint8).reshape(-1, CLIP_SIDE, CLIP_SIDE, 3)
    raw = decode(clip.path, "a", format="f32le", ar=SAMPLE_RATE, ac=1)
    sound = np.frombuffer(raw, np.float32)[: len(frames) * SAMPLES_PER_FRAME]
    missing = len(frames) * SAMPLES_PER_FRAME - len(sound)
    return Take([fit_panel(frame, clip.window) for frame in frames], np.pad(sound, (0, missing)))


def fit_panel(frame: Image, window: tuple[float, float, float]) -> Image:
    """Show `window` of a frame as large as a panel."""
    left, top, side = window
    scale = PANEL / side
    # Pixels are squares: their centres lie half a pixel from the edge of the window.
    shift = (0.5 - np.array([left, top])) * scale - 0.5
    matrix = np.column_stack([np.eye(2) * scale, shift])
    return cv2.warpAffine(
        frame, matrix, (PANEL, PANEL), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )


# Pieces of a person's time


def say(clip: Clip) -> Take:
    """One sentence at the common level."""
    start, stop = clip.speech
    take = read_clip(clip)
    sound = take.sound[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
    return Take(take.images[start:stop], sound * (ACTIVE_LEVEL / active_level(sound)))


def rest(clip: Clip, frames: int) -> Take:
    """Silence, the resting face played forth and back."""
    start, stop = clip.rest
    there = read_clip(clip).images[start:stop]
    round_trip = there + there[-2:0:-1]
    images = [round_trip[number % len(round_trip)] for number in range(frames)]
    return Take(images, silence(frames))


def enter(clip: Clip, frames: int) -> Take:
    """Silence: an empty backdrop, then the resting face fades in and waits for a moment."""
    face = read_clip(clip).images[clip.rest[0]]
    empty = backdrop(face)
    fade = [dissolve(empty, face, weight) for weight in np.linspace(0, 1, FADE)]
    images = [empty] * (frames - FADE - SEAM) + fade + [face] * SEAM
    return Take(images, silence(frames))


def backdrop(image: Image) -> Image:
    """An empty panel, from the colour of one upper corner to that of the other."""
    corners = image[: PANEL // 4, : PANEL // 12], image[: PANEL // 4, -PANEL // 12 :]
    left, right = (np.median(corner, axis=(0, 1)) for corner in corners)
    across = np.linspace(0, 1, PANEL)[None, :, None]
    row = np.rint(left + across * (right - left)).astype(np.uint8)
    return np.repeat(row, PANEL, axis=0)


def silence(frames: int) -> Sound:
    """No sound for so many frames."""
    return np.zeros(frames * SAMPLES_PER_FRAME, np.float32)


def active_level(sound: Sound) -> float:
    """Root mean square over the frames in which something is said."""
    power = np.mean(sound.reshape(-1, SAMPLES_PER_FRAME) ** 2, axis=1)
    return float(np.sqrt(power[power > power.max() * QUIET**2].mean()))


# From pieces to one person's time


def join(first: Take, second: Take) -> Take:
    """Play `second` after `first`, the last of one and the first of the other overlapping."""
    weights = np.linspace(0, 1, SEAM + 2)[1:-1]
    pairs = zip(first.images[-SEAM:], second.images[:SEAM], weights, strict=True)
    images = [morph(ending, beginning, weight) for ending, beginning, weight in pairs]
    samples = SEAM * SAMPLES_PER_FRAME
    rise = np.sin(np.linspace(0, np.pi / 2, samples, dtype=np.float32)) ** 2
    sound = first.sound[-samples:] * (1 - rise) + second.sound[:samples] * rise
    return Take(
        first.images[:-SEAM] + images + second.images[SEAM:],
        np.concatenate([first.sound[:-samples], sound, second.sound[samples:]]),
    )


def dissolve(ending: Image, beginning: Image, weight: float) -> Image:
    """Fade from one image to the other."""
    return cv2.addWeighted(ending, 1 - weight, beginning, weight, 0)


def morph(ending: Image, beginning: Image, weight: float) -> Image:
    """Move one image into the other, so that a head does not jump from clip to clip."""
    flow = measure_motion(ending, beginning)
    return dissolve(move(ending, flow, -weight), move(beginning, flow, 1 - weight), weight)


def measure_motion(ending: Image, beginning: Image) -> NDArray[np.float32]:
    """Where every pixel of `ending` goes in `beginning`, in px, shape (PANEL, PANEL, 2)."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (ending, beginning))
    return cv2.GaussianBlur(search.calc(before, after, None), (0, 0), 6)


def move(image: Image, flow: NDArray[np.float32], amount: float) -> Image:
    """Fetch every pixel from `amount` times its flow away."""
    rows, columns = np.mgrid[:PANEL, :PANEL].astype(np.float32)
    x, y = columns + amount * flow[..., 0], rows + amount * flow[..., 1]
    x, y = x.astype(np.float32), y.astype(np.float32)
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def perform(part: dict[str, Any], clips: dict[str, Clip]) -> Take:
    """Turn one entry of the manifest into a take."""
    match part:
        case {"say": name}:
            return say(clips[name])
        case {"rest": name, "pictures": frames}:
            return rest(clips[name], frames)
        case {"enter": name, "pictures": frames}:
            return enter(clips[name], frames)
    raise SystemExit(f"not understood: {part}")


# Writing


def write_voices(folder: Path, people: list[Take]) -> NDArray[np.int16]:
    """Write every true voice and return their sum."""
    folder.mkdir(parents=True, exist_ok=True)
    voices = [np.rint(person.sound * 32768).astype(np.int16) for person in people]
    for number, voice in enumerate(voices, start=1):
        soundfile.write(folder / f"speaker-{number}.flac", voice, SAMPLE_RATE)
    mixture = np.sum(voices, axis=0, dtype=np.int32)
    if np.abs(mixture).max() > np.iinfo(np.int16).max:
        raise SystemExit("the sum of the voices clips")
    return mixture.astype(np.int16)


def write_video(target: Path, frames: Iterable[Image], mixture: NDArray[np.int16]) -> None:
    """Encode pictures and sound; the same input gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "mixture.wav"
        soundfile.write(sound, mixture, SAMPLE_RATE)
        with running(encoder_command(target, sound), fed=True) as (encoder, complaints):
            assert encoder.stdin is not None
            for frame in frames:
                encoder.stdin.write(frame.data)
            encoder.stdin.close()
            if encoder.wait():
                raise SystemExit(f"{target}: {read_words(complaints)}")


def encoder_command(target: Path, sound: Path) -> list[str]:
    """Arguments for an ffmpeg that takes raw frames on its standard input."""
    raw = {"format": "rawvideo", "pix_fmt": "rgb24", "s": f"{WIDTH}x{HEIGHT}"}
    seen = ffmpeg.input("pipe:0", framerate=FRAME_RATE, **raw)
    seen = seen.filter("scale", out_color_matrix="bt709", out_range="tv")
    seen = seen.filter("setparams", color_primaries="bt709", color_trc="bt709")
    heard = ffmpeg.input(address(sound)).audio
    return ffmpeg_command(ffmpeg.output(seen, heard, address(target), **ENCODING))


def compose(scene: dict[str, Any], clips: dict[str, Clip], output: Path) -> None:
    """Make one video and its true voices."""
    left, right = (
        functools.reduce(join, [perform(part, clips) for part in parts])
        for parts in (scene["left"], scene["right"])
    )
    lengths = {len(left.images), len(right.images)}
    if lengths != {scene["pictures"]}:
        raise SystemExit(f"{scene['name']}: {lengths} pictures, not {scene['pictures']}")
    mixture = write_voices(output / f"{scene['name']}.truth", [left, right])
    frames = draw_scene(left.images, right.images)
    write_video(output / f"{scene['name']}.mp4", frames, mixture)


def main() -> None:
    """Read the options and the manifest, make the scenes."""
    here = Path(__file__).parent
    examples = here.parent / "examples"
    parser = argparse.ArgumentParser(description="Compose the example videos from GRID clips.")
    parser.add_argument("clips", type=Path, help="folder with one folder of clips per speaker")
    parser.add_argument("--output", type=Path, default=examples, help="default: examples/")
    parser.add_argument("--scene", help="make this one only")
    options = parser.parse_args()
    manifest = tomllib.loads((here / "scenes.toml").read_text(encoding="utf-8"))
    clips = {
        name: find_clip(options.clips, name, entry) for name, entry in manifest["clips"].items()
    }
    for scene in manifest["scenes"]:
        if options.scene in (None, scene["name"]):
            compose(scene, clips, options.output)


if __name__ == "__main__":
    main()
