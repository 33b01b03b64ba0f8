"""How loud a sound is (EBU R128, measured by ffmpeg), and the gain that brings it to a level."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from avsep.errors import MediaError
from avsep.media.ffmpeg import SAFELY, address, ffmpeg_command, read_words, running

TARGET = -23.0  # LUFS, the level of EBU R128
HIGHEST = -1.0  # dB true peak, the highest of EBU R128
SILENT = -70.0  # LUFS below which nothing counts
PRINTED = re.compile(rb"lavfi\.r128\.(I|true_peak)=(\S+)")


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a sound is.

    Attributes:
        integrated: Over its whole length, LUFS; -70 for silence.
        peak: True peak, dB against full scale.
    """

    integrated: float
    peak: float


def measure_loudness(path: Path) -> Loudness:
    """Measure a sound file of any length.

    Raises:
        MediaError: It can't be read.
    """
    sound = ffmpeg.input(address(path), **SAFELY).audio
    sound = sound.filter("ebur128", peak="true", metadata=1)
    # One filter prints everything: two would write into each other's lines.
    sound = sound.filter("ametadata", mode="print", file="-")
    found = {"I": SILENT, "true_peak": 0.0}
    with running(ffmpeg_command(sound.output("-", format="null"))) as (meter, complaints):
        assert meter.stdout is not None
        for line in meter.stdout:  # what counts is the last line of either
            if printed := PRINTED.match(line):
                found[printed[1].decode()] = float(printed[2])
        code, words = meter.wait(), read_words(complaints)
    if code:
        raise MediaError(f"{path} can't be measured: {words}")
    return Loudness(max(found["I"], SILENT), to_decibels(found["true_peak"]))


def choose_gain(loudness: Loudness, target: float = TARGET) -> float:
    """Gain in dB that brings a sound to a loudness, or as near as its peaks allow.

    >>> choose_gain(Loudness(-30.0, -12.0)), choose_gain(Loudness(-30.0, -4.0))
    (7.0, 3.0)
    """
    if loudness.integrated <= SILENT:
        return 0.0
    return min(target - loudness.integrated, HIGHEST - loudness.peak)


def to_decibels(amplitude: float) -> float:
    """An amplitude in dB against full scale."""
    return 20 * math.log10(max(amplitude, 1e-10))
