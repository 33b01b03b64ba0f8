"""The network over a sound in memory: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import soxr

from avsep.arrays import Sound
from avsep.errors import SettingError
from avsep.faces.people import Person
from avsep.media.downmix import choose_weights, mix_channels
from avsep.media.samples import ABSURD
from avsep.separation.delay import find_delay, shift
from avsep.separation.enhance import Engine, enhance
from avsep.separation.mixture import working_rate

LOWEST, HIGHEST = 1000, 768_000  # Hz, of sample rates


class WaveformReader:
    """A sound in memory as `avsep.separation.enhance` reads it.

    Attributes:
        sample_rate: Hz.
        channels: Their number.
        samples: Length of each channel.
        weights: Of the channels where all are heard as one, (channels,); None for their mean.
    """

    def __init__(self, waveform: Sound, sample_rate: int) -> None:
        self._waveform = waveform
        self.sample_rate = sample_rate
        self.channels, self.samples = waveform.shape
        self.weights: Sound | None = None

    def read(self, start: int, stop: int) -> Sound:
        """Samples ``start`` to ``stop``, (channels, stop - start), silence outside the sound."""
        block = np.zeros((self.channels, stop - start), np.float32)
        first, last = max(0, start), min(stop, self.samples)
        if first < last:
            block[:, first - start : last - start] = self._waveform[:, first:last]
        return block

    def read_mono(self, start: int, stop: int) -> Sound:
        """The same as one channel, (stop - start,)."""
        return mix_channels(self.read(start, stop), self.weights)


def separate_waveform(
    engine: Engine, waveform: Sound, sample_rate: int, people: Sequence[Person]
) -> list[Sound]:
    """The voice of each person, and at last what they leave of the sound.

    Args:
        engine: Network that separates.
        waveform: In [-1, 1], sample 0 belongs to frame 0, (channels, samples) or (samples,).
        sample_rate: Hz.
        people: Everybody visible.

    Returns:
        Each of the shape of the waveform; together they are the waveform.

    Raises:
        SettingError: It is no waveform.
    """
    waveform = np.asarray(waveform, np.float32)
    sound, sample_rate = _check_waveform(waveform), _check_rate(sample_rate)
    rate = working_rate(sample_rate)
    reader = WaveformReader(_resample(sound, sample_rate, rate), rate)
    reader.weights = choose_weights(reader)
    delay = find_delay(engine.network, reader, people)
    heard = list(shift(people, delay))
    blocks = enhance(engine.network, reader, heard, [True] * len(heard))
    voices = np.concatenate(list(blocks), axis=-1)
    stems = [_resample(voice, rate, sample_rate)[:, : sound.shape[1]] for voice in voices]
    return [stem.reshape(waveform.shape) for stem in (*stems, sound - sum(stems))]


def _check_waveform(waveform: Sound) -> Sound:
    """The same as (channels, samples)."""
    sound = np.atleast_2d(waveform)
    if sound.ndim != 2 or not sound.size:  # noqa: PLR2004
        raise SettingError(
            f"an array of shape {np.shape(waveform)} is no waveform",
            hint="Give numbers of shape (channels, samples), or (samples,).",
        )
    if not (np.abs(sound) <= ABSURD).all():  # what is no number is in no order
        raise SettingError(
            "the waveform holds what is no sample", hint="Give finite numbers in [-1, 1]."
        )
    if sound.shape[0] > sound.shape[1]:
        raise SettingError(
            f"a waveform of {sound.shape[0]} channels and {sound.shape[1]} samples is turned",
            hint="Channels come first: (channels, samples).",
        )
    return sound


def _check_rate(sample_rate: Any) -> int:  # noqa: ANN401 - whatever people give
    is_number = isinstance(sample_rate, Real) and LOWEST <= float(sample_rate) <= HIGHEST
    if not is_number or float(sample_rate) != int(sample_rate):
        raise SettingError(f"{sample_rate} Hz is no sample rate", hint="As in 48000.")
    return int(sample_rate)


def _resample(sound: Sound, rate: int, wanted: int) -> Sound:
    """At another rate, (channels, samples); what is missing at the end is silence."""
    if rate == wanted:
        return sound
    turned = soxr.resample(sound.T, rate, wanted).T
    length = -(-sound.shape[1] * wanted // rate)
    missing = max(0, length - turned.shape[1])
    padded: Sound = np.pad(turned, ((0, 0), (0, missing))).astype(np.float32)
    return padded
