"""A cut that plays the debate, and each stretch of crosstalk again, one voice at a time."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice, pairwise
from math import ceil
from pathlib import Path

import cv2
import numpy as np
import soxr

from avsep.arrays import Floats, Image, Sound
from avsep.media.downmix import mix_channels
from avsep.media.reading import read_frames
from avsep.media.sound import PLAYED_ALIKE, SoundFileReader, SoundFileWriter, SoundLayout
from avsep.media.writing import write_video
from avsep.outputs.replay.edit_lists import write_edit_lists
from avsep.outputs.replay.overlay import draw_label, mark_speaker
from avsep.outputs.replay.plan import Piece, plan_replay
from avsep.separation.levels import spare_peaks
from avsep.separation.recording import Separation, Speaker
from avsep.timeline import FRAME_RATE

_log = logging.getLogger(__name__)

HIGHEST_PICTURE = 1080  # pixels
SLOPE = 0.005  # seconds of fading at every join, which would click otherwise
READ_AT_ONCE = 20 * FRAME_RATE  # frames' lengths of sound


def write_replay(separation: Separation, shortest: float, gap: float) -> list[Path]:
    """The cut as a video and as edit lists; nothing where nobody talks at once.

    Args:
        separation: The recording and its voices.
        shortest: Seconds that a stretch of crosstalk must last to be played again.
        gap: Seconds between stretches that count as one.
    """
    speaking = [speaker.speaking for speaker in separation.speakers]
    lengths = round(shortest * FRAME_RATE), round(gap * FRAME_RATE)
    pieces = plan_replay(count_all(separation), speaking, *lengths)
    if all(piece.speaker is None for piece in pieces):
        _log.warning("%s: no replay, nobody talks at once", separation.info.path)
        return []
    target = separation.folder / "replay.mp4"
    with tempfile.TemporaryDirectory(dir=separation.scratch) as scratch:
        sound = write_sound(separation, pieces, Path(scratch) / "replay.wav")
        frames = cut_pictures(separation, pieces, Path(scratch))
        with closing(frames):
            write_video(
                target, frames, sound, gain=spare_peaks(sound), colours=separation.info.colours
            )
    return [target, *write_edit_lists(separation, pieces, separation.folder / "replay")]


def count_all(separation: Separation) -> int:
    """Frames of all that is seen or heard."""
    with closing(SoundFileReader(separation.mixture)) as mixture:
        heard = ceil(mixture.samples * FRAME_RATE / mixture.sample_rate)
    return max(separation.people.frames, heard)


def write_sound(separation: Separation, pieces: Sequence[Piece], target: Path) -> Path:
    """The sound of the cut: the recording's own, or one voice alone."""
    with ExitStack() as stack:
        mixture = stack.enter_context(closing(SoundFileReader(separation.mixture)))
        voices = [
            stack.enter_context(closing(SoundFileReader(speaker.pure[0])))
            for speaker in separation.speakers
        ]
        rate, per_frame = mixture.sample_rate, mixture.sample_rate // FRAME_RATE
        samples = sum(piece.stop - piece.start for piece in pieces) * per_frame
        channels = mixture.channels if mixture.channels <= PLAYED_ALIKE else 1
        layout = SoundLayout(rate, channels, samples, "FLOAT")
        with closing(SoundFileWriter(target, rate, layout)) as writer:
            for piece in pieces:
                source, level = mixture, 0.0
                if piece.speaker is not None:
                    source = voices[piece.speaker]
                    speaker = separation.speakers[piece.speaker]
                    level = speaker.voice.gain - speaker.pure[1]
                for block in read_piece(source, piece, rate):
                    shaped = _shape(block, channels, separation.weights)
                    writer.write(shaped * np.float32(10 ** (level / 20)))
    return target


def read_piece(source: SoundFileReader, piece: Piece, sample_rate: int) -> Iterator[Sound]:
    """The sound of a piece in blocks, (channels, samples) at a rate, its ends faded."""
    slope = np.linspace(0, 1, round(SLOPE * sample_rate), dtype=np.float32)
    for start in range(piece.start, piece.stop, READ_AT_ONCE):
        stop = min(start + READ_AT_ONCE, piece.stop)
        edges = (frame * source.sample_rate // FRAME_RATE for frame in (start, stop))
        block = source.read(*edges)
        if source.sample_rate != sample_rate:
            block = soxr.resample(block.T, source.sample_rate, sample_rate).T
        block = _fit(block, (stop - start) * sample_rate // FRAME_RATE)
        if start == piece.start:
            block[:, : len(slope)] *= slope
        if stop == piece.stop:
            block[:, -len(slope) :] *= slope[::-1]
        yield block


def _shape(block: Sound, channels: int, weights: Sound | None) -> Sound:
    """A sound in one channel or so many, (channels, samples)."""
    if len(block) == 1:
        return block.repeat(channels, axis=0)
    return block if channels > 1 else mix_channels(block, weights)[None]


def _fit(block: Sound, samples: int) -> Sound:
    """Exactly so many samples."""
    return np.pad(block[:, :samples], ((0, 0), (0, max(0, samples - block.shape[1]))))


def cut_pictures(
    separation: Separation, pieces: Sequence[Piece], scratch: Path
) -> Generator[Image, None, None]:
    """The frames of the cut, the speaker marked where one alone is heard."""
    info = separation.info
    frames = read_frames(info, max_height=HIGHEST_PICTURE)
    lasting = _hold_last(frames)
    with closing(frames), closing(Spool(scratch)) as spool:
        for piece, following in pairwise([*pieces, Piece(0, 0)]):
            if piece.speaker is None:
                images: Iterable[Image] = islice(lasting, piece.stop - piece.start)
                if following.speaker is not None:
                    images = spool.fill(images)
                yield from images
            else:
                speaker = separation.speakers[piece.speaker]
                yield from _mark(spool.play(), speaker, piece.start, info.height)


def _hold_last(images: Iterable[Image]) -> Iterator[Image]:
    """The frames, and after the last of them that again and again: sound may go on for longer."""
    last = None
    for last in images:
        yield last
    while last is not None:
        yield last


def _mark(images: Iterable[Image], speaker: Speaker, start: int, height: int) -> Iterator[Image]:
    """The frames of a piece with the speaker marked.

    Args:
        images: All of one size.
        speaker: Who alone is heard.
        start: Which frame of the recording the first is.
        height: Of the recording's own frames.
    """
    label = None
    for frame, image in enumerate(images, start):
        if label is None:
            label = draw_label(speaker.name, speaker.person.portrait, *image.shape[:2])
        box = _find_box(speaker, frame)
        scaled = None if box is None else box * np.float32(image.shape[0] / height)
        yield mark_speaker(image, label, scaled)


def _find_box(speaker: Speaker, frame: int) -> Floats | None:
    for clip in speaker.person.clips:
        if clip.track.start <= frame < clip.track.stop:
            box: Floats = clip.track.boxes[frame - clip.track.start]
            return box
    return None


class Spool:
    """Frames on disk, in a folder, that pass by once and are played again."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._sizes: list[int] = []

    def fill(self, images: Iterable[Image]) -> Iterator[Image]:
        """Let frames pass and keep them, instead of those from before."""
        self._file.seek(0)
        self._sizes.clear()
        for image in images:
            coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
            self._sizes.append(self._file.write(coded))
            yield image

    def play(self) -> Iterator[Image]:
        """All frames that are kept, from the first."""
        self._file.seek(0)
        for size in self._sizes:
            coded = np.frombuffer(self._file.read(size), np.uint8)
            yield np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    def close(self) -> None:
        """Let go of the frames."""
        self._file.close()
