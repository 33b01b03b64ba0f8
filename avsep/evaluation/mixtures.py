"""Listed mixtures: which stretches of which clips sound together, the same every time.

A list is a JSON file. Clips are named below their prepared set, so a list holds on every machine
that has the same sets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from avsep.errors import DataError
from avsep.faces.crops import SEEN_SIZE
from avsep.files import replacing
from avsep.timeline import FRAME_RATE
from avsep.training.augment import centre, hold_still
from avsep.training.clips import Clip, check_lip_size
from avsep.training.mixing import to_level

FRAMES = 5 * FRAME_RATE  # length of every mixture
FEWEST = 2  # voices


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a clip.

    Attributes:
        clip: File below its set.
        start: First frame.
        frames: Length in frames.
        delay: Frames by which the clip's sound is late; corrected when read.
    """

    clip: str
    start: int
    frames: int
    delay: int


@dataclass(frozen=True, slots=True)
class Part:
    """One voice of a mixture.

    Attributes:
        speaker: Who.
        level: Louder than usual by this, dB.
        pitch: Median pitch of the voice, Hz.
        pieces: What is said, one after the other.
    """

    speaker: str
    level: float
    pitch: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Some voices at once, every one with a face.

    Attributes:
        name: Unique in its list.
        corpus: Where its people come from.
        parts: The voices.
        noise: What sounds behind them; its speaker is a kind of noise.
    """

    name: str
    corpus: str
    parts: tuple[Part, ...]
    noise: Part | None = None

    @property
    def alike(self) -> bool:
        """Whether the first two voices' pitches lie within three semitones."""
        one, other = self.parts[0].pitch, self.parts[1].pitch
        return abs(12 * float(np.log2(one / other))) <= 3  # noqa: PLR2004 - as the sentence says


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A mixture as it is heard and seen.

    Attributes:
        voices: float32 (voices, time) at 16 kHz.
        mouths: Grey bytes (voices, frames, side, side), as the network sees them.
        still: The same mouths of people who only listen.
        noise: What sounds behind the voices, float32 (time,).
    """

    voices: Tensor
    mouths: Tensor
    still: Tensor
    noise: Tensor

    @property
    def sound(self) -> Tensor:
        """All that is heard, (time,)."""
        return self.voices.sum(0) + self.noise


def write_list(mixtures: Sequence[Mixture], path: Path) -> None:
    """Write a list, one mixture a line, so that a change of it is seen."""
    lines = [json.dumps(asdict(mixture)) for mixture in mixtures]
    with replacing(path) as partial:
        partial.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read_list(path: Path) -> list[Mixture]:
    """Read a list.

    Raises:
        DataError: It is no list of mixtures.
    """
    try:
        mixtures = [_as_mixture(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no list of mixtures ({error})",
            hint="Name a file that doesn't exist to have one drawn.",
        ) from error
    if not mixtures:
        raise DataError(f"{path} lists no mixture", hint="Remove it to have a list drawn.")
    return mixtures


def _as_mixture(entry: dict[str, object]) -> Mixture:
    parts = entry["parts"]
    if not isinstance(parts, list) or len(parts) < FEWEST:
        raise ValueError("a mixture has two parts at least")
    noise = entry.get("noise")
    return Mixture(
        str(entry["name"]),
        str(entry["corpus"]),
        tuple(map(_as_part, parts)),
        None if noise is None else _as_part(noise),
    )


def _as_part(entry: Any) -> Part:  # noqa: ANN401 - as JSON has it
    pieces = tuple(Piece(**piece) for piece in entry["pieces"])
    return Part(entry["speaker"], entry["level"], entry["pitch"], pieces)


def load_scene(mixture: Mixture, sets: Sequence[Path], lip_size: int = SEEN_SIZE) -> Scene:
    """Read what a mixture is made of, for a network that sees mouths of this side.

    Raises:
        DataError: A clip is missing, or was prepared for mouths of another side.
    """
    voices = [_read_sound(part, sets) for part in mixture.parts]
    mouths = [_read_mouths(part, sets, lip_size) for part in mixture.parts]
    still = [hold_still(seen, sound) for seen, sound in zip(mouths, voices, strict=True)]
    noise = np.zeros_like(voices[0])
    if mixture.noise:
        noise = _read_sound(mixture.noise, sets)
    return Scene(
        torch.from_numpy(np.stack(voices)),
        torch.from_numpy(np.stack(mouths)),
        torch.from_numpy(np.stack(still)),
        torch.from_numpy(noise),
    )


def _read_sound(part: Part, sets: Sequence[Path]) -> NDArray[np.float32]:
    sounds = []
    for piece in part.pieces:
        clip = _find_clip(piece, sets)
        try:
            sound = clip.read_sound(piece.start, piece.start + piece.frames)
        except SafetensorError as error:
            raise DataError(
                f"{clip.path} ends before the {piece.start + piece.frames} frames of the list",
                hint="It was prepared otherwise: prepare it anew, or have a new list drawn.",
            ) from error
        sounds.append(to_level(sound))
    return np.concatenate(sounds) * np.float32(10 ** (part.level / 20))


def _read_mouths(part: Part, sets: Sequence[Path], lip_size: int) -> NDArray[np.uint8]:
    mouths = []
    for piece in part.pieces:
        clip = _find_clip(piece, sets)
        seen = centre(clip.read_mouths(piece.start, piece.start + piece.frames))
        check_lip_size([replace(clip, lip_size=seen.shape[-1])], lip_size)
        mouths.append(seen)
    return np.concatenate(mouths)


def _find_clip(piece: Piece, sets: Sequence[Path]) -> Clip:
    for folder in sets:
        path = folder / piece.clip
        if path.is_file():
            stop = piece.start + piece.frames
            return Clip(path, stop, piece.clip.split("/")[0], has_mouths=True, delay=piece.delay)
    raise DataError(
        f"{piece.clip} is in none of {', '.join(map(str, sets))}",
        hint="The list names clips of other sets; name a new list to have one drawn.",
    )
