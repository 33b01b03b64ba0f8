"""What the ffmpeg at hand can do: found out by doing it, on half a second made for that."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import ffmpeg
import numpy as np
import soundfile

from avsep.errors import AvsepError
from avsep.media.coding import CODERS, encode_sound
from avsep.media.colours import PQ, USUAL_COLOURS
from avsep.media.copies import SoundCopy, copy_sounds
from avsep.media.ffmpeg import address, ffmpeg_command, run_tool
from avsep.media.loudness import measure_loudness
from avsep.media.muxing import bundle
from avsep.media.probing import MediaInfo, probe
from avsep.media.reading import extract_audio, read_audio, read_frames
from avsep.media.writing import TrackFile, remux, write_video
from avsep.outputs.report.proxies import copy_picture
from avsep.timeline import FRAME_RATE

RATE = 48_000
SECONDS = 0.5
LEVEL = 0.1  # amplitude of the tone
SIZE = 64  # pixels, of both sides
GREY = 128
NEAR = 0.06  # of what is expected
HINT = "Install another ffmpeg, or leave it to avsep, which carries one."
SUBTITLES = "1\n00:00:00,000 --> 00:00:00,400\nGood day.\n"


@dataclass(frozen=True, slots=True)
class FfmpegTrial:
    """One ability.

    Attributes:
        what: For what it is needed: an option of `avsep split`, or words.
        necessary: Whether no recording can be split without.
        attempt: Tries it with a recording and a folder; returns what is wrong, or nothing.
    """

    what: str
    necessary: bool
    attempt: Callable[[MediaInfo, Path], str]


def try_ffmpeg() -> Iterator[tuple[FfmpegTrial, str]]:
    """Do once, in small, everything that is ever asked of ffmpeg.

    Yields:
        Each trial, and what is wrong, or nothing.

    Raises:
        AvsepError: Not even a recording to try with can be made.
    """
    with tempfile.TemporaryDirectory(prefix="avsep-") as name:
        folder = Path(name)
        source = _make_recording(folder)
        for trial in TRIALS:
            try:
                yield trial, trial.attempt(source, folder)
            except AvsepError as error:
                yield trial, error.message.replace(f"{folder}/", "")


def _make_recording(folder: Path) -> MediaInfo:
    """A tone and grey frames; with coders that every ffmpeg has."""
    time = np.arange(round(RATE * SECONDS)) / RATE
    tone = LEVEL * np.sin(2 * np.pi * 1000 * time)
    soundfile.write(folder / "voice.wav", np.stack([tone, tone], 1), RATE, "FLOAT")
    count = round(SECONDS * FRAME_RATE)
    frames = np.full((count, SIZE, SIZE, 3), GREY, np.uint8)
    (folder / "pictures.rgb").write_bytes(frames.tobytes())
    shape = {"format": "rawvideo", "pix_fmt": "rgb24", "s": f"{SIZE}x{SIZE}"}
    picture = ffmpeg.input(address(folder / "pictures.rgb"), framerate=FRAME_RATE, **shape)
    sound = ffmpeg.input(address(folder / "voice.wav"))
    target = folder / "recording.mkv"
    output = ffmpeg.output(picture, sound, address(target), vcodec="mpeg4", acodec="pcm_s24le")
    outcome = run_tool(ffmpeg_command(output))
    if outcome.code:
        raise AvsepError(f"ffmpeg can't make a recording: {outcome.words}", hint=HINT)
    return probe(target)


def _read(source: MediaInfo, folder: Path) -> str:
    """Frames, interlaced or not, and sound."""
    assert source.video is not None
    woven = replace(source.video, interlaced=True)
    for video in (source.video, woven):
        selection = replace(source.selection, video=video)
        images = list(read_frames(replace(source, selection=selection)))
        if len(images) != round(SECONDS * FRAME_RATE) or abs(images[0].mean() / GREY - 1) > NEAR:
            return "the pictures that are read aren't those of the recording"
    samples = extract_audio(source, folder / "sound.wav")
    peak = np.abs(soundfile.read(folder / "sound.wav")[0]).max()
    if abs(samples - RATE * SECONDS) > RATE / FRAME_RATE or abs(peak - LEVEL) > LEVEL / 100:
        return "the sound that is read isn't that of the recording"
    return ""


def _tone_down(source: MediaInfo, folder: Path) -> str:
    del folder
    assert source.video is not None
    bright = replace(source.video, colours=replace(USUAL_COLOURS, transfer=PQ))
    list(read_frames(replace(source, selection=replace(source.selection, video=bright))))
    return ""


def _measure(source: MediaInfo, folder: Path) -> str:
    del source
    found = measure_loudness(folder / "voice.wav").integrated
    # A tone of 1 kHz in two channels is as loud as its amplitude.
    expected = 20 * np.log10(LEVEL)
    return "" if abs(found - expected) < 1 else f"a tone of {expected:.0f} LUFS has {found:.0f}"


def _put_under(source: MediaInfo, folder: Path) -> str:
    for suffix in (".mp4", ".mov", ".mkv"):
        target = folder / f"video{suffix}"
        remux(source, folder / "voice.wav", target, gain=-1.0)
        if not _is_whole(target):
            return f"the sound of {suffix} isn't what was written"
    return ""


def _bundle(source: MediaInfo, folder: Path) -> str:
    target, words = folder / "bundle.mkv", folder / "words.srt"
    words.write_text(SUBTITLES, encoding="utf-8")
    voices = [TrackFile(folder / "voice.wav", "voice", gain=-1.0)]
    bundle(source, voices, [TrackFile(words, "voice")], target)
    return "" if _is_whole(target) else "the sound of .mkv isn't what was written"


def _encode(source: MediaInfo, folder: Path) -> str:
    target = folder / "replay.mp4"
    write_video(target, read_frames(source), folder / "voice.wav", gain=-1.0)
    return "" if _is_whole(target) else "the sound of .mp4 isn't what was written"


def _code(source: MediaInfo, folder: Path) -> str:
    del source
    for suffix in CODERS:
        target = encode_sound(folder / "voice.wav", folder / f"coded{suffix}", "voice")
        if not _is_whole(target):
            return f"the sound of {suffix} isn't what was written"
    return ""


def _copy_small(source: MediaInfo, folder: Path) -> str:
    copy_picture(source, folder / "report.mp4")
    weights = np.array([0.5, 0.5], np.float32)
    target = folder / "report.ogg"
    copy_sounds([SoundCopy(folder / "voice.wav", target, weights)])
    return "" if _is_whole(target) else "the sound of .ogg isn't what was written"


def _is_whole(file: Path) -> bool:
    """Whether a sound is as loud as the tone, coders' losses and a decibel aside."""
    sound = read_audio(probe(file)).samples
    middle = sound[:, round(0.4 * sound.shape[1]) : round(0.6 * sound.shape[1])]
    return bool(0.7 * LEVEL < np.abs(middle).max() < 1.2 * LEVEL)


TRIALS = (
    FfmpegTrial("reading", True, _read),
    FfmpegTrial("loudness", True, _measure),
    FfmpegTrial("high dynamic range", False, _tone_down),
    FfmpegTrial("--format m4a and mp3", False, _code),
    FfmpegTrial("--video", False, _put_under),
    FfmpegTrial("--mkv", False, _bundle),
    FfmpegTrial("--replay", False, _encode),
    FfmpegTrial("--report", False, _copy_small),
)
