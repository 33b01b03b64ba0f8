"""All voices of a training run in the memory of the device that trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avsep.errors import SettingError
from avsep.model.spectrum import SAMPLES_PER_FRAME

FULL_SCALE = 32_768  # of samples of 16 bit


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """People's sound one after the other, and what their lips say where they were read.

    Frame ``p`` of a person lies at ``first // SAMPLES_PER_FRAME + p``.

    Attributes:
        sound: 16 kHz, int16 (samples,).
        first: First sample of each person, (people,).
        length: Samples of each, whole frames, (people,).
        lips: Cue and components of the features, float16 (frames, rows); zero without a face.
        has_lips: Whether a person's lips were read, bool (people,).
        weight: How likely each is drawn, float64 (people,).
        source: Which of the sources each comes from, int64 (people,).
        sources: Their names.
        bands: How many of the rows are the cue.
    """

    sound: Tensor
    first: Tensor
    length: Tensor
    lips: Tensor
    has_lips: Tensor
    weight: Tensor
    source: Tensor
    sources: tuple[str, ...]
    bands: int

    def to(self, device: str | torch.device) -> Corpus:
        """The same on a device."""
        moved: dict[str, Any] = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)


def make_corpus(
    sounds: Sequence[NDArray[np.int16]],
    lips: Sequence[NDArray[np.floating] | None],
    sources: Sequence[str],
    rows: int,
    bands: int,
) -> Corpus:
    """Lay people's sound and lips one after the other.

    Who has more to say is drawn more often, by the root of the length.

    Args:
        sounds: Of each person, (samples,); what is over a whole frame is cut.
        lips: Of each person, (frames, rows), or None for a voice without a face.
        sources: Where each person comes from.
        rows: Numbers that lips tell of a frame.
        bands: How many of them are the cue.
    """
    lengths = [len(sound) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME for sound in sounds]
    told = [
        np.zeros((length // SAMPLES_PER_FRAME, rows), np.float16) if said is None else said
        for length, said in zip(lengths, lips, strict=True)
    ]
    length = torch.tensor(lengths)
    named = sorted(set(sources))
    return Corpus(
        torch.from_numpy(np.concatenate([s[:n] for s, n in zip(sounds, lengths, strict=True)])),
        length.cumsum(0) - length,
        length,
        torch.from_numpy(
            np.concatenate(
                [
                    said[: n // SAMPLES_PER_FRAME].astype(np.float16)
                    for said, n in zip(told, lengths, strict=True)
                ]
            )
        ),
        torch.tensor([said is not None for said in lips]),
        length.double().sqrt(),
        torch.tensor([named.index(source) for source in sources]),
        tuple(named),
        bands,
    )


def share_out(corpus: Corpus, shares: Mapping[str, float]) -> Corpus:
    """The same people, sources drawn in these shares; sources not named share what is left.

    Raises:
        SettingError: There is no such source, or the shares don't leave what they must.
    """
    if unknown := shares.keys() - set(corpus.sources):
        raise SettingError(
            f"no voices from {', '.join(sorted(unknown))}",
            hint=f"The pack holds voices from {', '.join(corpus.sources)}.",
        )
    given = sum(shares.values())
    whole = len(shares) == len(corpus.sources)
    if min(shares.values(), default=0) < 0 or given > 1 or (whole and given == 0):
        raise SettingError(
            f"shares of {given:g} in all", hint="Shares are parts of one, none below zero."
        )
    total = torch.zeros(len(corpus.sources), dtype=torch.float64, device=corpus.weight.device)
    total.index_add_(0, corpus.source, corpus.weight)
    named = torch.tensor([name in shares for name in corpus.sources], device=total.device)
    wanted = torch.tensor([shares.get(name, 0.0) for name in corpus.sources]).to(total)
    left = torch.where(named, 0.0, total)
    wanted = wanted + left / left.sum().clamp_min(1e-9) * (1 - given)
    return replace(corpus, weight=corpus.weight * (wanted / total)[corpus.source])


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """Stretches of people's sound, played at other paces.

    Attributes:
        who: Whose, (F,).
        start: First frame of each within its person, (F,).
        pace: Frames of the person that pass in one of the crop, (F,).
        sound: (F, samples), in [-1, 1].
    """

    who: Tensor
    start: Tensor
    pace: Tensor
    sound: Tensor


def crop(corpus: Corpus, who: Tensor, pace: Tensor, frames: int, draw: torch.Generator) -> Crop:
    """Cut out a stretch of each, cubically interpolated between samples.

    Args:
        corpus: Where from.
        who: Whose sound, (F,).
        pace: How fast each is played, (F,).
        frames: How long the stretches shall be.
        draw: Of where they begin; on the corpus' device.
    """
    samples = frames * SAMPLES_PER_FRAME
    length = corpus.length[who]
    latest = (length - samples * pace - 4).clamp_min(1)
    start = torch.rand(len(who), generator=draw, device=draw.device) * latest
    start = (start / SAMPLES_PER_FRAME).floor()
    # Counted from where it begins: 32 bits tell no parts of samples that lie minutes away.
    passed = pace[:, None] * torch.arange(samples, device=who.device)
    whole = passed.floor()
    first = start.long() * SAMPLES_PER_FRAME
    taps = torch.arange(-1, 3, device=who.device)
    index = first[:, None, None] + whole[..., None].long() + taps
    index = index.remainder(length[:, None, None])
    found = corpus.sound[corpus.first[who][:, None, None] + index].float() / FULL_SCALE
    return Crop(who, start, pace, _interpolate(found, passed - whole))


def read_lips(corpus: Corpus, crop: Crop, frames: int) -> Tensor:
    """What the lips of each say during its crop, (F, rows, frames)."""
    at = crop.start[:, None] + crop.pace[:, None] * torch.arange(frames, device=crop.who.device)
    length = (corpus.length[crop.who] // SAMPLES_PER_FRAME)[:, None]
    first = (corpus.first[crop.who] // SAMPLES_PER_FRAME)[:, None]
    found: Tensor = corpus.lips[first + at.round().long().remainder(length)]
    return found.float().transpose(1, 2)


def _interpolate(taps: Tensor, between: Tensor) -> Tensor:
    """Catmull-Rom splines: (..., 4) samples around, and how far past the second, (...)."""
    a, b, c, d = taps.unbind(-1)
    curve = 2 * a - 5 * b + 4 * c - d + between * (3 * (b - c) + d - a)
    return b + 0.5 * between * (c - a + between * curve)
