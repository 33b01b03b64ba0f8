"""The sound of a recording as it is worked on."""

from __future__ import annotations

import logging
from pathlib import Path

from avsep.media.downmix import choose_weights
from avsep.media.own_sound import write_sound
from avsep.media.probing import MediaInfo
from avsep.media.sound import SoundFileReader

_log = logging.getLogger(__name__)


def open_mixture(info: MediaInfo, folder: Path, shortest: float) -> SoundFileReader:
    """Write the sound of a recording into a file, and open it.

    Args:
        info: The recording.
        folder: Where the file is made.
        shortest: Seconds that it lasts at least; silence fills what is missing.
    """
    path = folder / "mixture.wav"
    write_sound(info, path, working_rate(info.sample_rate), shortest=shortest)
    sound = SoundFileReader(path)
    sound.weights = choose_weights(sound)
    if sound.weights is not None:
        _log.debug("%s: channels are heard with weights %s", info.path, sound.weights)
    return sound


def working_rate(sample_rate: int) -> int:
    """The rate to compute at, Hz: the source's own, or a multiple that has a 10 ms hop."""
    return next(
        (rate for factor in (1, 2, 4) if (rate := factor * sample_rate) % 100 == 0), 48_000
    )
