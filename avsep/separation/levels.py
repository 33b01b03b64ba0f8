"""The last step of every sound file: its level and its sample format."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avsep.media.coding import encode_sound
from avsep.media.loudness import choose_gain, measure_loudness, to_decibels
from avsep.media.samples import BLOCK
from avsep.media.sound import SoundFileReader, SoundFileWriter, SoundLayout
from avsep.options import CODED, Options
from avsep.separation.stems import VoiceFiles

_log = logging.getLogger(__name__)

SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}
NARROW_SUBTYPE = SUBTYPES["16"]
KEPT = "kept"  # folder of the sounds without loss where the result has them coded
ROOM = 0.01  # dB below full scale, so that no rounding reaches it


@dataclass(frozen=True, slots=True)
class Finish:
    """What is done to a sound file.

    Attributes:
        gain: In dB.
        subtype: Sample format, as soundfile names it.
    """

    gain: float
    subtype: str


def finish_voice(raw: VoiceFiles, folder: Path, options: Options, *, speaks: bool) -> VoiceFiles:
    """Write a voice as it is wanted.

    A voice that speaks comes for recognisers at the level of EBU R128, for editors if that is
    wanted. Everything else keeps its level, unless it would clip in whole numbers.

    Args:
        raw: The voice in 32-bit float, at the level of the recording; it is used up.
        folder: Where the files are made.
        options: What is wanted.
        speaks: Whether it is a voice that speaks: silence is not made loud.
    """
    is_coded = options.suffix in CODED
    subtype = SUBTYPES["float" if is_coded else options.sample_format]
    file = folder / f"{raw.name}{options.suffix}"
    full = folder.parent / KEPT / f"{raw.name}.wav" if is_coded else file
    full.parent.mkdir(exist_ok=True)
    narrow = folder / raw.narrow.name
    # What is coded is decoded to whole numbers by many programs.
    fits = SUBTYPES["24"] if is_coded else subtype
    gain = choose_level(raw.full, fits, normal=speaks and options.loudness)
    narrow_gain = choose_level(raw.narrow, NARROW_SUBTYPE, normal=speaks)
    finish(raw.full, full, Finish(gain, subtype))
    finish(raw.narrow, narrow, Finish(narrow_gain, NARROW_SUBTYPE))
    coded = encode_sound(full, file, title=raw.name) if is_coded else None
    return VoiceFiles(full, narrow, gain, narrow_gain, coded)


def choose_level(path: Path, subtype: str, *, normal: bool) -> float:
    """Gain in dB for a sound file."""
    if normal:
        return choose_gain(measure_loudness(path))
    if subtype == SUBTYPES["float"]:
        return 0.0
    return spare_peaks(path)


def spare_peaks(path: Path) -> float:
    """Gain in dB, 0 or less, with which a sound doesn't clip in whole numbers."""
    return min(0.0, -ROOM - to_decibels(find_peak(path)))


def spare_together(paths: Iterable[Path], what: str) -> float:
    """The same for sounds that are heard together: one gain for all; the user hears of it.

    Args:
        paths: The sounds.
        what: Holds them, as the user knows it.
    """
    gain = min((spare_peaks(path) for path in paths), default=0.0)
    if gain < 0:
        _log.warning("%s: all sounds are %.1f dB softer, so that none clips", what, -gain)
    return gain


def finish(source: Path, target: Path, wanted: Finish) -> None:
    """Turn a sound file into another of the same length; the source is gone afterwards."""
    with closing(SoundFileReader(source)) as sound:
        layout = SoundLayout(sound.sample_rate, sound.channels, sound.samples, wanted.subtype)
        same = target.suffix == source.suffix and wanted == Finish(0.0, SUBTYPES["float"])
        if same:
            source.replace(target)
            return
        factor = np.float32(10 ** (wanted.gain / 20))
        with closing(SoundFileWriter(target, sound.sample_rate, layout)) as writer:
            for start in range(0, sound.samples, BLOCK):
                stop = min(start + BLOCK, sound.samples)
                writer.write(sound.read(start, stop) * factor)
    source.unlink()


def find_peak(path: Path) -> float:
    """The greatest absolute sample."""
    with closing(SoundFileReader(path)) as sound:
        return max(
            (
                float(np.abs(sound.read(start, min(start + BLOCK, sound.samples))).max())
                for start in range(0, sound.samples, BLOCK)
            ),
            default=0.0,
        )
