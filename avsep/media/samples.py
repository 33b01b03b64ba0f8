"""Samples that are no numbers, and files of samples that can't be written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

BLOCK = 2**20  # samples of each channel that are read or written at once
# Beyond this, 120 dB over full scale, a sample is a mistake, and its square soon no number.
ABSURD = 1e6
ASKED = 2**16  # bytes


def mend_samples(samples: NDArray[np.float32]) -> int:
    """Put silence in the place of what is no number or none a sound can have; say how many."""
    wrong = ~(np.abs(samples) <= ABSURD)  # not a number is in no order
    count = int(wrong.sum())
    if count:
        samples[wrong] = 0
    return count


@contextmanager
def writing_sound(path: Path) -> Iterator[None]:
    """Tell why a file of samples could not be written: the library that writes it doesn't.

    Raises:
        OSError: It could not, for the reason that the file gives when it is written to again.
    """
    try:
        yield
    except (soundfile.SoundFileError, AssertionError) as error:
        with path.open("ab", buffering=0) as file:
            written = 0
            while written < ASKED:
                written += file.write(bytes(ASKED - written))
        raise OSError(errno.EIO, f"the sound can't be written: {error}", str(path)) from error
