"""Voices that are nearly the same, as those of one person who is seen twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import soundfile

# Correlation of two voices from which on they are one. In ten debates and three examples those of
# different people had 0.31 at most; those of one person who was seen twice had 0.94.
ALIKE = 0.6
READ_AT_ONCE = 2**20  # samples


def find_alike(voices: Sequence[Path]) -> list[tuple[int, int]]:
    """Which two voices are nearly the same.

    Args:
        voices: Sound files of one channel, equally long.

    Returns:
        Their places in the sequence, the lower first.
    """
    if len(voices) < 2:  # noqa: PLR2004 - nobody to compare with
        return []
    products = np.zeros((len(voices), len(voices)))
    readers = [soundfile.blocks(voice, READ_AT_ONCE, dtype="float32") for voice in voices]
    for blocks in zip(*readers, strict=True):
        samples = np.stack(blocks)
        products += samples @ samples.T
    sizes = np.sqrt(products.diagonal())
    return [
        (one, other)
        for one, other in combinations(range(len(voices)), 2)
        if products[one, other] > ALIKE * sizes[one] * sizes[other]
    ]


def tell_alike(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Of each two people whose voices are nearly the same a sentence."""
    return [
        f"{one} and {other} have nearly the same voice: they may be one person who is seen twice, "
        "of whom --speakers can leave one out."
        for one, other in pairs
    ]
