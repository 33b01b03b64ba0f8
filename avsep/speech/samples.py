"""Samples of voices: read, refused where nobody can be known by them, turned into prints."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import soundfile

from avsep.arrays import Floats
from avsep.errors import MediaError, SettingError
from avsep.media.own_sound import write_sound
from avsep.media.probing import MediaInfo, probe
from avsep.media.reading import read_audio
from avsep.media.stretches import find_stretch
from avsep.speech.voice_print import RATE, WINDOW, average, load_encoder
from avsep.timeline import Seconds

RANGE = re.compile(r"[\d:;.\s]+[-\N{EN DASH}]([\d:;.\s]+|\s*end)")
SHORTEST = 3.0  # s
SILENT = 1e-3  # amplitude, -60 dB, that a sample must reach
STEP = RATE // 5  # samples between windows of a sample
MOST = 500  # windows of a sample that are looked at, spread over it: 100 s of speech
QUIETER = 30.0  # dB below the loudest windows up to which a window of a sample counts
# Prints of whole samples of the same person were alike by 0.86 to 0.98, of different people by up
# to 0.87 (nine people of the development set, halves of their clips against each other).
ALIKE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class VoiceSample:
    """Somebody's voice.

    Attributes:
        name: Whose, as it stands in the names of files.
        print: Of unit length.
        steadiness: How alike most windows of the sample are to its print.
    """

    name: str
    print: Floats
    steadiness: float = 0.85


def read_samples(voices: Mapping[str, str], recording: MediaInfo) -> list[VoiceSample]:
    """The voices that are asked for.

    Args:
        voices: A file, or a range of the recording, by the name of who speaks there.
        recording: What is split.

    Raises:
        SettingError: Nobody can be known by a sample, two sound alike, or the package is missing.
        MediaError: A sample cannot be read.
    """
    if voices:
        load_encoder()  # a package that is missing is named first
    samples = [
        take_sample(name, read_sample(source, recording), f"{name}={source}")
        for name, source in voices.items()
    ]
    refuse_alike(samples)
    return samples


def read_sample(source: str, recording: MediaInfo) -> Floats:
    """Sound of a sample, one channel at `RATE`, (samples,)."""
    if not is_file(source):
        return _read_range(recording, find_stretch(recording, source))
    info = probe(Path(source))
    if not info.audio:
        raise MediaError(f"{source} has no audio stream", hint="Give a recording of the voice.")
    sound: Floats = read_audio(info, RATE, mono=True).samples[0]
    return sound


def _read_range(recording: MediaInfo, stretch: Seconds) -> Floats:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        # Channels of a file of its own are microphones, of which the mean is heard.
        write_sound(recording, path, RATE, mono=recording.own_sound is None)
        start, stop = (round(second * RATE) for second in stretch)
        samples, _ = soundfile.read(path, stop - start, start, dtype="float32", always_2d=True)
    return np.asarray(samples.mean(1), np.float32)


def is_file(source: str) -> bool:
    """Whether a sample is a file of its own, and not a range of the recording."""
    return Path(source).exists() or not RANGE.fullmatch(source)


def take_sample(name: str, sound: Floats, said: str) -> VoiceSample:
    """What a sample tells of a voice.

    Args:
        name: Whose it is.
        sound: At `RATE`, (samples,).
        said: How the user has named it.

    Raises:
        SettingError: It is too short, or silent.
    """
    if not len(sound) or np.abs(sound).max() < SILENT:
        raise SettingError(f"--voice {said} is silent", hint="Give a sample in which they speak.")
    starts = [*range(0, max(1, len(sound) - WINDOW + 1), STEP)]
    powers = np.array([np.mean(np.square(sound[start : start + WINDOW])) for start in starts])
    loud = [
        start
        for start, power in zip(starts, powers, strict=True)
        if power > powers.max() * 10 ** (-QUIETER / 10)
    ]
    spoken = (len(loud) - 1) * STEP / RATE + WINDOW / RATE
    if len(sound) < SHORTEST * RATE or spoken < SHORTEST:
        raise SettingError(
            f"--voice {said} holds {min(spoken, len(sound) / RATE):.1f} s of a voice, too little",
            hint=f"Give a sample in which only they speak, for {SHORTEST:.0f} s or more;"
            " ten are better.",
        )
    prints = load_encoder()(sound, loud[:: -(-len(loud) // MOST)])
    mean = average(prints)
    return VoiceSample(name, mean, float(np.percentile(prints @ mean, 25)))


def refuse_alike(samples: Sequence[VoiceSample]) -> None:
    """See that voices can be told apart.

    Raises:
        SettingError: Two are too much alike.
    """
    for first, second in combinations(samples, 2):
        likeness = float(first.print @ second.print)
        if likeness > ALIKE:
            raise SettingError(
                f"the samples of {first.name} and {second.name} sound alike"
                f" ({likeness:.2f}; up to {ALIKE} they can be told apart)",
                hint="See that only one person speaks in each, or leave one of them out.",
            )
