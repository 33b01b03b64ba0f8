"""Listed mixtures: which stretches of which clips sound together, the same every time.

A list is a JSON file. Clips are named below their prepared set, so a list holds on every machine
that has the same sets.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avsep.errors import DataError
from avsep.faces.crops import SEEN_SIZE
from avsep.files import replacing
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import SAMPLE_RATE
from avsep.progress import Progress, no_progress
from avsep.timeline import FRAME_RATE
from avsep.training.augment import centre, hold_still
from avsep.training.batches import with_faces
from avsep.training.clip_delays import find_delays
from avsep.training.clips import Clip, Speaker, check_lip_size, find_speakers
from avsep.training.mixing import to_level

FRAMES = 5 * FRAME_RATE  # length of every mixture
LEVEL = 2.5  # dB by which a voice is louder or softer at most
COUNTS = (2, 3, 4, 5)  # voices at once
EVERYBODY = "all"  # the corpus of mixtures whose people come from all corpora
PITCH_RANGE = 65.0, 400.0  # Hz


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
    """

    name: str
    corpus: str
    parts: tuple[Part, ...]

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
    """

    voices: Tensor
    mouths: Tensor
    still: Tensor


def find_mixtures(
    network: SeparationNetwork,
    path: Path,
    sets: Sequence[Path],
    in_step: Collection[str],
    watch: Progress = no_progress,
) -> list[Mixture]:
    """Read a list; where there is no such file, draw one and write it.

    Args:
        network: Its lips tell the delays of clips that may be out of step.
        path: JSON file.
        sets: Prepared sets of faces.
        in_step: Corpora that surely are in step.
        watch: Progress hook.
    """
    if not path.exists():
        speakers = with_faces(find_speakers(sets, find_delays(network, sets, in_step, watch)))
        write_list(draw_mixtures(speakers, sets), path)
    return read_list(path)


def draw_mixtures(
    speakers: Sequence[Speaker], sets: Sequence[Path], each: int = 12, seed: int = 1
) -> list[Mixture]:
    """Two voices from every corpus that has two people, then each number of voices from all.

    People with less than one mixture's length of clips are passed by.

    Args:
        speakers: With faces, none of them learnt from.
        sets: Prepared sets their clips lie in.
        each: Mixtures of each kind.
        seed: Of all that is drawn.

    Raises:
        DataError: There are no two such people.
    """
    rng = np.random.default_rng(seed)
    fit = [s for s in speakers if sum(clip.frames for clip in s.clips) >= FRAMES]
    if len(fit) < min(COUNTS):
        raise DataError(
            f"{len(fit)} people have {FRAMES // FRAME_RATE} s of clips, too few to mix",
            hint="Prepare more recordings of people who are not learnt from.",
        )
    pitches = {speaker.name: measure_pitch(speaker) for speaker in fit}
    corpora = {name: [s for s in fit if corpus_of(s) == name] for name in map(corpus_of, fit)}
    kinds = [(name, found, 2) for name, found in sorted(corpora.items()) if len(found) > 1]
    kinds += [(EVERYBODY, fit, count) for count in COUNTS if count <= len(fit)]
    mixtures = []
    for corpus, found, count in kinds:
        for number in range(1, each + 1):
            chosen = [found[i] for i in rng.choice(len(found), count, replace=False)]
            parts = tuple(_draw_part(s, sets, pitches[s.name], rng) for s in chosen)
            mixtures.append(Mixture(f"{corpus}-{count}-{number:02d}", corpus, parts))
    return mixtures


def corpus_of(speaker: Speaker) -> str:
    """The corpus a speaker belongs to."""
    return speaker.clips[0].corpus


def _draw_part(
    speaker: Speaker, sets: Sequence[Path], pitch: float, rng: np.random.Generator
) -> Part:
    pieces: list[Piece] = []
    missing = FRAMES
    for number in rng.permutation(len(speaker.clips)):
        clip = speaker.clips[number]
        frames = min(clip.frames, missing)
        start = int(rng.integers(clip.frames - frames + 1))
        home = next(folder for folder in sets if clip.path.is_relative_to(folder))
        name = clip.path.relative_to(home).as_posix()
        pieces.append(Piece(name, start, frames, clip.delay))
        missing -= frames
        if not missing:
            break
    return Part(speaker.name, round(rng.uniform(-LEVEL, LEVEL), 2), pitch, tuple(pieces))


def measure_pitch(speaker: Speaker) -> float:
    """Median pitch of a voice where it is loud, Hz."""
    found = []
    for clip in speaker.clips[:4]:
        sound = clip.read_sound(0, min(clip.frames, FRAMES))
        lowest, highest = PITCH_RANGE
        pitch = librosa.yin(
            sound, fmin=lowest, fmax=highest, sr=SAMPLE_RATE, frame_length=1024, hop_length=256
        )
        energy = librosa.feature.rms(y=sound, frame_length=1024, hop_length=256)[0]
        found.append(pitch[energy > np.percentile(energy, 60)])
    return round(float(np.median(np.concatenate(found))), 1)


def write_list(mixtures: Sequence[Mixture], path: Path) -> None:
    """Write a list, one mixture a line, so that a change of it is seen."""
    lines = [json.dumps(asdict(mixture)) for mixture in mixtures]
    with replacing(path) as partial:
        partial.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def read_list(path: Path) -> list[Mixture]:
    """Read a list.

    Raises:
        DataError: It is no list of mixtures.
    """
    try:
        mixtures = [_as_mixture(entry) for entry in json.loads(path.read_text())]
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
    if not isinstance(parts, list) or len(parts) < min(COUNTS):
        raise ValueError("a mixture has two parts at least")
    made = [
        Part(p["speaker"], p["level"], p["pitch"], tuple(Piece(**piece) for piece in p["pieces"]))
        for p in parts
    ]
    return Mixture(str(entry["name"]), str(entry["corpus"]), tuple(made))


def load_scene(mixture: Mixture, sets: Sequence[Path], lip_size: int = SEEN_SIZE) -> Scene:
    """Read what a mixture is made of, for a network that sees mouths of this side.

    Raises:
        DataError: A clip is missing, or was prepared for mouths of another side.
    """
    read = [_read_part(part, sets, lip_size) for part in mixture.parts]
    still = [hold_still(mouths, sound) for sound, mouths in read]
    return Scene(
        torch.from_numpy(np.stack([sound for sound, _ in read])),
        torch.from_numpy(np.stack([mouths for _, mouths in read])),
        torch.from_numpy(np.stack(still)),
    )


def _read_part(
    part: Part, sets: Sequence[Path], lip_size: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    sounds, mouths = [], []
    for piece in part.pieces:
        clip = _find_clip(piece, sets)
        stop = piece.start + piece.frames
        sounds.append(to_level(clip.read_sound(piece.start, stop)))
        seen = centre(clip.read_mouths(piece.start, stop))
        check_lip_size([replace(clip, lip_size=seen.shape[-1])], lip_size)
        mouths.append(seen)
    gain = np.float32(10 ** (part.level / 20))
    return np.concatenate(sounds) * gain, np.concatenate(mouths)


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
