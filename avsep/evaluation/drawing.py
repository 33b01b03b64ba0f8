"""Mixtures that are drawn from prepared sets, to be listed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np

from avsep.errors import DataError
from avsep.evaluation.mixtures import (
    FEWEST,
    FRAMES,
    Mixture,
    Part,
    Piece,
    read_list,
    write_list,
)
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import SAMPLE_RATE
from avsep.progress import Progress, no_progress
from avsep.timeline import FRAME_RATE
from avsep.training.batches import with_faces
from avsep.training.clip_delays import find_delays
from avsep.training.clips import Speaker, find_speakers

LEVEL = 2.5  # dB by which a voice is louder or softer at most
NOISE_RATIO = -6.0, 3.0  # dB, of the loudest voice against the noise
COUNTS = (2, 3, 4, 5)  # voices at once
EVERYBODY = "all"  # the corpus of mixtures whose people come from all corpora
PITCH_RANGE = 65.0, 400.0  # Hz


def find_mixtures(
    network: SeparationNetwork,
    path: Path,
    sets: Sequence[Path],
    in_step: Collection[str],
    noise: Path | None = None,
    progress: Progress = no_progress,
) -> list[Mixture]:
    """Read a list; where there is no such file, draw one and write it.

    Args:
        network: Its lips tell the delays of clips that may be out of step.
        path: JSON file.
        sets: Prepared sets of faces.
        in_step: Corpora that surely are in step.
        noise: A prepared set of what shall sound behind voices that are drawn.
        progress: Progress hook.

    Raises:
        DataError: Noise is given, and a list that is there has none.
    """
    if not path.exists():
        speakers = with_faces(find_speakers(sets, find_delays(network, sets, in_step, progress)))
        mixtures = draw_mixtures(speakers, sets)
        write_list(add_noise(mixtures, noise) if noise else mixtures, path)
    listed = read_list(path)
    if noise and not any(mixture.noise for mixture in listed):
        raise DataError(
            f"{path} lists mixtures without noise",
            hint="Leave --noise out, or name another list with --mixtures: it is drawn anew.",
        )
    return listed


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
    if len(fit) < FEWEST:
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


def add_noise(mixtures: Sequence[Mixture], folder: Path, seed: int = 2) -> list[Mixture]:
    """The same mixtures with noise, as loud against the loudest voice as WHAM! has it.

    Wichern et al. 2019: the ratio of the louder voice and the noise lies evenly between -6 and
    3 dB.

    Args:
        mixtures: What is said.
        folder: Prepared noise.
        seed: Of what is drawn.

    Raises:
        DataError: No noise is as long as a mixture.
    """
    kinds = [k for k in find_speakers([folder]) if sum(clip.frames for clip in k.clips) >= FRAMES]
    if not kinds:
        raise DataError(
            f"{folder} holds no noise of {FRAMES // FRAME_RATE} s",
            hint="Prepare some with `avsep prepare`.",
        )
    rng = np.random.default_rng(seed)
    found = []
    for mixture in mixtures:
        kind = kinds[rng.integers(len(kinds))]
        level = max(part.level for part in mixture.parts) - rng.uniform(*NOISE_RATIO)
        pieces = _draw_pieces(kind, [folder], rng)
        found.append(replace(mixture, noise=Part(kind.name, round(level, 2), 0.0, pieces)))
    return found


def corpus_of(speaker: Speaker) -> str:
    """The corpus a speaker belongs to."""
    return speaker.clips[0].corpus


def _draw_part(
    speaker: Speaker, sets: Sequence[Path], pitch: float, rng: np.random.Generator
) -> Part:
    pieces = _draw_pieces(speaker, sets, rng)
    return Part(speaker.name, round(rng.uniform(-LEVEL, LEVEL), 2), pitch, pieces)


def _draw_pieces(
    speaker: Speaker, sets: Sequence[Path], rng: np.random.Generator
) -> tuple[Piece, ...]:
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
    return tuple(pieces)


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
