"""Recordings in and out: what a file holds, its sound, its frames.

Time 0 is where the first stream of the file begins (`avsep.media.container`). Sample 0 and frame 0
both belong to it, however late one of the two starts.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import prod
from pathlib import Path
from typing import IO, Generic, TypeVar

import numpy as np
import soundfile
from numpy.typing import NDArray

from avsep.ahead import ahead
from avsep.arrays import Image
from avsep.errors import MediaError
from avsep.media.decoding import also_read, decode_sound
from avsep.media.ffmpeg import ffmpeg_command, read_words, running, unreadable
from avsep.media.hardware import TRIED, UnfinishedError, as_input, choose_hwaccel
from avsep.media.parts import can_seek, open_source
from avsep.media.picture import AS_PICTURES, Picture, PictureReader
from avsep.media.probing import MediaInfo
from avsep.media.samples import BLOCK, mend_samples, writing_sound
from avsep.media.shown import DECODER_THREADS, UNBROKEN, as_shown
from avsep.media.streams import VideoStream
from avsep.timeline import count_frames

_log = logging.getLogger(__name__)

Frame = TypeVar("Frame")
AS_IMAGES = {"format": "rawvideo", "pix_fmt": "rgb24"}


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Sound.

    Attributes:
        samples: Shape (channels, time), in [-1, 1].
        sample_rate: Samples per second and channel.
    """

    samples: NDArray[np.float32]
    sample_rate: int


def extract_audio(
    info: MediaInfo,
    target: Path,
    sample_rate: int | None = None,
    *,
    mono: bool = False,
    shortest: float = 0.0,
) -> int:
    """Decode the sound in use to a file that can be read in blocks, however long it is.

    Args:
        info: The recording.
        target: Where to write: 32-bit float, RF64, which knows no limit of 4 GiB.
        sample_rate: Samples per second; by default that of the source.
        mono: Mix all channels to one.
        shortest: Seconds that are filled up with silence where the sound ends before.

    Returns:
        How many samples each channel has. Sample 0 belongs to time 0: a late start and
        gaps are filled with silence.

    Raises:
        MediaError: There is no sound, or it cannot be decoded.
    """
    if not info.heard:
        raise MediaError(f"{info.path} has no audio stream", hint="Choose a file with sound.")
    rate = sample_rate or info.sample_rate
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        streams = decode_sound(info, Path(folder), rate, mono=mono)
        samples = max(round(shortest * rate), *(stream.stop for stream in streams))
        channels = 1 if mono else sum(stream.samples.shape[1] for stream in streams)
        wrong = 0
        with (
            writing_sound(target),
            soundfile.SoundFile(target, "w", rate, channels, "FLOAT", format="RF64") as file,
        ):
            for start in range(0, samples, BLOCK):
                stop = min(start + BLOCK, samples)
                block = np.concatenate([stream.read(start, stop) for stream in streams], axis=1)
                wrong += mend_samples(block)
                file.write(block.mean(1, keepdims=True) if mono else block)
    if wrong:
        _log.warning(
            "%s: %d samples of the sound are no numbers or absurd; silence takes their place",
            info.path,
            wrong,
        )
    return samples


def read_audio(info: MediaInfo, sample_rate: int | None = None, *, mono: bool = False) -> Waveform:
    """Decode the sound in use at once, as `extract_audio` does; for short recordings."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sound.wav"
        extract_audio(info, file, sample_rate, mono=mono)
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return Waveform(np.ascontiguousarray(samples.T), rate)


def read_pictures(info: MediaInfo) -> Generator[Picture, None, None]:
    """The frames that `read_frames` gives, as streams keep them: that takes half the time.

    Colours of more than half the size are made coarser.

    Args:
        info: The recording.

    Raises:
        MediaError: There are no pictures (at once), or none can be decoded (at the first).
    """
    video = _find_video(info)
    _warn_of_colours(info, video)

    def read(hwaccel: str, most: int | None = None) -> Generator[Picture, None, None]:
        reader = PictureReader(info.height, info.width, video.colours.shown)
        form = _Form((info.width, info.height), AS_PICTURES, reader.read, reader.size)
        return _run(info, video, form, hwaccel, most)

    hwaccel = choose_hwaccel(info.path, partial(read, most=TRIED))
    return _decode(info, read, hwaccel)


def read_frames(info: MediaInfo, *, max_height: int | None = None) -> Generator[Image, None, None]:
    """Decode the frames one by one, 25 per second, as they are shown.

    Frame n is the one seen at n / 25 s after time 0, whatever the rate of the file, even
    or not. The first frame also stands for the time before it. Frames are turned
    upright, have square pixels, and are deinterlaced where the stream says it is interlaced.
    Their numbers are those of `info.video.colours.shown`, as red, green and blue.

    Args:
        info: The recording.
        max_height: Scale down to this height if the frames are larger.

    Returns:
        Frames of shape (height, width, 3). Closing the generator ends the decoder.
        A decoder that fails midway ends it too, with a warning in the log.

    Raises:
        MediaError: There are no pictures (at once), or none can be decoded (at the first).
    """
    video = _find_video(info)
    if max_height is None:
        _warn_of_colours(info, video)
    height = min(info.height, max_height or info.height)
    width = max(1, round(info.width * height / info.height))
    shape = height, width, 3
    form = _Form((width, height), AS_IMAGES, partial(_read_image, shape), prod(shape))
    return _decode(info, lambda _: _run(info, video, form))


def _find_video(info: MediaInfo) -> VideoStream:
    if info.video is None:
        raise MediaError(f"{info.path} has no pictures", hint="Choose a file with video.")
    return info.video


def _warn_of_colours(info: MediaInfo, video: VideoStream) -> None:
    if video.colours.unread:
        _log.warning("%s: colours may be wrong: %s", info.path, video.colours.unread)


@dataclass(frozen=True, slots=True)
class _Form(Generic[Frame]):
    """How frames come out of ffmpeg.

    Attributes:
        size: Their width and height.
        output: What ffmpeg is told of its output.
        read: Takes the next one from the pipe; None at its end.
        weight: Bytes of each.
    """

    size: tuple[int, int]
    output: Mapping[str, str]
    read: Callable[[IO[bytes]], Frame | None]
    weight: int


def _decode(
    info: MediaInfo, read: Callable[[str], Generator[Frame, None, None]], hwaccel: str = ""
) -> Generator[Frame, None, None]:
    """The frames of a recording, one by one; ffmpeg itself finishes what hardware does not.

    Args:
        info: The recording.
        read: Gives its frames as some hardware decodes them, or, with an empty name, ffmpeg.
        hwaccel: Which is trusted with it.
    """
    delivered = 0
    try:
        if hwaccel:
            with closing(read(hwaccel)) as frames:
                for frame in frames:
                    delivered += 1
                    yield frame
            return
    except UnfinishedError as failure:
        _log.warning(
            "%s: %s is used no further than frame %d: %s",
            info.path,
            hwaccel,
            delivered,
            failure.words or "it ended",
        )
    try:
        with closing(read("")) as frames:
            for frame in islice(frames, delivered, None):
                delivered += 1
                yield frame
    except UnfinishedError as failure:
        if not delivered:
            raise unreadable(info.path, failure.words) from None
        _log.warning("%s: the pictures are damaged: %s", info.path, failure.words)


def _run(
    info: MediaInfo,
    video: VideoStream,
    form: _Form[Frame],
    hwaccel: str = "",
    most: int | None = None,
) -> Generator[Frame, None, None]:
    """The frames that one run of ffmpeg gives.

    Args:
        info: The recording.
        video: Its picture stream.
        form: How frames come.
        hwaccel: Hardware that decodes; empty for none.
        most: Frames that are wanted; all if not given.

    Raises:
        UnfinishedError: ffmpeg failed, complained, or gave none.
    """
    stretch = info.selection.stretch
    if stretch is not None:
        length = count_frames(stretch[1] - stretch[0])
        most = length if most is None else min(most, length)
    delivered = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        running(_frames_command(info, video, form, Path(folder), hwaccel)) as (
            decoder,
            complaints,
        ),
    ):
        assert decoder.stdout is not None
        for frame in ahead(_read_all(form.read, decoder.stdout), form.weight):
            delivered += 1
            yield frame
            if delivered == most:
                break
        code = 0 if delivered == most else decoder.wait()
        words = "" if delivered == most and not hwaccel else read_words(complaints)
    if code or words or not delivered:
        raise UnfinishedError(words)


def _frames_command(
    info: MediaInfo, video: VideoStream, form: _Form[Frame], folder: Path, hwaccel: str
) -> list[str]:
    source = open_source(info, threads=DECODER_THREADS, **UNBROKEN, **as_input(hwaccel))
    frames = as_shown(source, video, form.size, folder, start=info.start)
    output = frames.output("pipe:1", **form.output)
    return ffmpeg_command(output, *([] if can_seek(info) else also_read(source, *info.heard)))


def _read_all(
    read: Callable[[IO[bytes]], Frame | None], pipe: IO[bytes]
) -> Generator[Frame, None, None]:
    while (frame := read(pipe)) is not None:
        yield frame


def _read_image(shape: tuple[int, int, int], pipe: IO[bytes]) -> Image | None:
    """Read one whole frame; None at the end, a part of a frame counting as the end."""
    image = np.empty(shape, np.uint8)
    filled: int = pipe.readinto(image.data.cast("B"))  # type: ignore[attr-defined]
    return image if filled == image.size else None
