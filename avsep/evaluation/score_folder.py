"""Scores of a result of `split` whose true voices are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile
import torch
from torch import Tensor

from avsep.errors import DataError
from avsep.metrics import energy_ratio, si_sdr
from avsep.outputs.manifest import read_manifest

SUFFIXES = (".flac", ".wav")
SILENT = -40.0  # dB against the mixture: a true voice below this says nothing


@dataclass(frozen=True, slots=True)
class Score:
    """How well one voice came out.

    Attributes:
        name: The speaker.
        before: SI-SDR of the mixture against the true voice, dB.
        after: SI-SDR of the voice found, dB.
        swapped: SI-SDR of the best other speaker's voice, dB: what one would get by taking the
            wrong face; None with a single speaker.
    """

    name: str
    before: float
    after: float
    swapped: float | None

    @property
    def improvement(self) -> float:
        """What the separation gains, dB."""
        return self.after - self.before


def score(result: Path, truth: Path, *, by_place: bool = False) -> list[Score]:
    """Compare the voices in a result folder with the true voices.

    Args:
        result: Folder made by `split`.
        truth: Folder with one sound file for each speaker, in the order of their numbers.
        by_place: The true voices are in the order in which the speakers sit, from the left.

    Raises:
        DataError: The folders don't fit each other.
    """
    manifest = read_manifest(result)
    if manifest is None:
        raise DataError(f"{result} holds no result of split", hint="Run `avsep split` first.")
    speakers = manifest["speakers"]
    if by_place:
        speakers = sorted(speakers, key=lambda speaker: speaker["box"][0])
    names = [speaker["name"] for speaker in speakers]
    entries = [*speakers, *manifest.get("unseen", []), manifest["rest"]]
    truths = sorted(
        (path for path in truth.glob("*-[0-9]*") if path.suffix in SUFFIXES), key=_find_number
    )
    if len(truths) != len(names):
        raise DataError(
            f"{result} has {len(names)} speakers, {truth} {len(truths)} true voices",
            hint="Every speaker needs a true voice, named in the order of the numbers.",
        )
    true_voices, rate = _read_all(truths, None)
    found, _ = _read_all([_find_sound(result / entry["file"]) for entry in entries], rate)
    gains = torch.tensor([entry["gain"] for entry in entries])
    found *= torch.pow(10, -gains[:, None] / 20)  # as loud as in the recording
    length = min(len(true_voices[0]), len(found[0]))
    voices, truth_tensor = found[:, :length], true_voices[:, :length]
    return score_voices(names, voices[: len(names)], truth_tensor, voices.sum(0))


def _find_number(path: Path) -> tuple[int, str]:
    """The speaker's number first: 10 comes after 2."""
    number = re.search(r"-(\d+)", path.name)
    return int(number[1]) if number else 0, path.name


def score_voices(
    names: Sequence[str], voices: Tensor, truths: Tensor, mixture: Tensor
) -> list[Score]:
    """Scores of voices found against true ones; silent true voices are left out.

    Shape: (speakers, time), (speakers, time), (time,)
    """
    scores = []
    for number, (name, truth) in enumerate(zip(names, truths, strict=True)):
        if energy_ratio(truth, mixture) < SILENT:
            continue
        each = si_sdr(voices, truth)
        others = [float(value) for i, value in enumerate(each) if i != number]
        before = float(si_sdr(mixture, truth))
        scores.append(Score(name, before, float(each[number]), max(others, default=None)))
    return scores


def _find_sound(path: Path) -> Path:
    if not path.exists():
        raise DataError(f"{path} is not there any more", hint="Split the recording again.")
    return path


def _read_all(paths: Sequence[Path], sample_rate: int | None) -> tuple[Tensor, int]:
    """Sounds as mono at one rate, cut to the shortest, (files, time), and the rate."""
    sounds = []
    for path in paths:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        sample_rate = sample_rate or rate
        sounds.append(librosa.resample(samples.mean(1), orig_sr=rate, target_sr=sample_rate))
    length = min(map(len, sounds))
    assert sample_rate is not None
    return torch.from_numpy(np.stack([sound[:length] for sound in sounds])), sample_rate
