"""Training sets on disk: one safetensors file for each clip, found again by speaker.

A clip holds ``sound`` (int16, 16 kHz) and, when a face was seen, ``mouths`` (uint8, one grey
frame for each 640 samples). Files are read in slices, so a set may be larger than memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from avsep.errors import DataError
from avsep.faces.crops import seen_side
from avsep.files import replacing
from avsep.model.spectrum import SAMPLES_PER_FRAME
from avsep.training.corpus import FULL_SCALE

SUFFIX = ".safetensors"
Delays: TypeAlias = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Clip:
    """One file of a training set.

    Attributes:
        path: Where it lies.
        frames: Length in frames of 1/25 s (sound without faces is counted so too).
        corpus: First folder below the set.
        has_mouths: Whether there is a face.
        delay: Frames by which the stored sound is late (negative: early); reading corrects it.
        lip_size: Side of the mouth frames that a network is shown of it; 0 without a face.
    """

    path: Path
    frames: int
    corpus: str
    has_mouths: bool
    delay: int = 0
    lip_size: int = 0

    def read_sound(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples of the frames ``start`` to ``stop``, in [-1, 1]."""
        late = max(0, self.delay)
        first, last = (start + late) * SAMPLES_PER_FRAME, (stop + late) * SAMPLES_PER_FRAME
        with safe_open(self.path, "np") as file:
            piece = file.get_slice("sound")[first:last]
        return np.asarray(piece, np.float32) / np.float32(FULL_SCALE)

    def read_mouths(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Frames ``start`` to ``stop``, (stop - start, size, size)."""
        with safe_open(self.path, "np") as file:
            early = max(0, -self.delay)
            return np.asarray(file.get_slice("mouths")[start + early : stop + early])


@dataclass(frozen=True, slots=True)
class Speaker:
    """All clips of one voice."""

    name: str
    clips: tuple[Clip, ...]


def write_clip(
    path: Path, sound: NDArray[np.float32], mouths: NDArray[np.uint8] | None = None
) -> None:
    """Store one clip; the sound is cut or filled with silence to the length of the frames.

    Args:
        path: Target, made whole or not at all.
        sound: 16 kHz, (time,), in [-1, 1].
        mouths: (frames, size, size), or None for a voice without a face.
    """
    frames = len(sound) // SAMPLES_PER_FRAME if mouths is None else len(mouths)
    samples = np.zeros(frames * SAMPLES_PER_FRAME, np.float32)
    samples[: len(sound)] = sound[: len(samples)]
    tensors: dict[str, NDArray[np.generic]] = {
        "sound": (samples.clip(-1, 1 - 1 / FULL_SCALE) * FULL_SCALE).astype(np.int16)
    }
    if mouths is not None:
        tensors["mouths"] = np.ascontiguousarray(mouths)
    with replacing(path, "") as partial:
        save_file(tensors, partial)


def find_speakers(folders: Iterable[Path], delays: Delays | None = None) -> list[Speaker]:
    """Speakers below prepared folders laid out as ``corpus/speaker/clip``.

    Args:
        folders: Prepared sets.
        delays: Frames by which the sound of a clip is late, or None for a clip to leave out,
            by the clip's path.

    Raises:
        DataError: Nothing is there.
    """
    delays = delays or {}
    clips = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            name = path.parent.relative_to(folder).as_posix()
            delay = delays.get(path.as_posix(), 0)
            if delay is not None:
                clips[name].append(_open_clip(path, name.split("/")[0], delay))
    speakers = [Speaker(name, tuple(found)) for name, found in sorted(clips.items())]
    if not speakers:
        raise DataError(
            f"no prepared clips in {', '.join(map(str, folders))}",
            hint="Make some with `avsep prepare`.",
        )
    return speakers


def _open_clip(path: Path, corpus: str, delay: int) -> Clip:
    with safe_open(path, "np") as file:
        frames = file.get_slice("sound").get_shape()[0] // SAMPLES_PER_FRAME - abs(delay)
        if "mouths" not in file.keys():  # noqa: SIM118
            return Clip(path, frames, corpus, has_mouths=False, delay=delay)
        lip_size = seen_side(file.get_slice("mouths").get_shape()[-1])
        return Clip(path, frames, corpus, has_mouths=True, delay=delay, lip_size=lip_size)


def check_lip_size(clips: Iterable[Clip], lip_size: int) -> None:
    """See that mouths were prepared for a network that sees so many pixels a side.

    Raises:
        DataError: Some weren't: they would be seen larger or smaller than in use.
    """
    for clip in clips:
        if clip.has_mouths and clip.lip_size != lip_size:
            raise DataError(
                f"{clip.path} has mouths of {clip.lip_size} pixels a side, and the network sees"
                f" {lip_size}",
                hint=f"Prepare the set anew with `avsep prepare --lip-size {lip_size}`, or set"
                f" lip_size = {clip.lip_size} in [model] of the recipe.",
            )
