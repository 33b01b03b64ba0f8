"""Channels that are as good as somebody's own: they may be cleaner than separated voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from avsep.arrays import Floats
from avsep.media.samples import BLOCK
from avsep.separation.activity import to_decibels

# By how much somebody has to be louder in a channel than all others together, dB: more than
# separated voices mostly hold of the others.
ALONE = 10.0


def find_microphones(voices: Sequence[Path]) -> dict[int, int]:
    """Which channel is as good as somebody's own.

    Args:
        voices: Sound files of all channels of the recording.

    Returns:
        Channels by the places of the voices in the sequence, where several have one each;
        else nothing.
    """
    if len(voices) < 2 or soundfile.info(voices[0]).channels < 2:  # noqa: PLR2004 - none is anybody's own
        return {}
    powers = np.stack([_measure_channels(voice) for voice in voices])
    others = powers.sum(0) - powers
    alone = to_decibels(powers, others) >= ALONE
    own = {
        place: int(np.argmax(np.where(row, powers[place], -1)))
        for place, row in enumerate(alone)
        if row.any()
    }
    return own if len(set(own.values())) > 1 else {}


def _measure_channels(voice: Path) -> Floats:
    """Power of each channel of a file."""
    power = np.zeros(soundfile.info(voice).channels)
    for block in soundfile.blocks(voice, BLOCK, dtype="float32", always_2d=True):
        power += np.square(block).sum(0)
    return power


def tell_microphones(channels: Mapping[str, int]) -> list[str]:
    """A sentence, if people have channels of their own, by their names."""
    if not channels:
        return []
    first, *others = [f"in channel {channel + 1}" for channel in channels.values()]
    names = list(channels)
    told = [f"{names[0]} is nearly alone {first}"]
    told += [f"{name} {place}" for name, place in zip(names[1:], others, strict=True)]
    return [
        f"{', '.join(told[:-1])} and {told[-1]}: as microphones of their own these may be cleaner"
        " than the voices."
    ]
