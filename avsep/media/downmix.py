"""Which channels of a recording the network hears, and how they are summed to one."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats, Sound

WINDOWS = 1000  # looked at, spread over the recording, so that a long one costs no more
WINDOW = 0.2  # seconds
LOUD = 1e-3  # of the power of loud windows, from which on one counts
# Power of the sum of channels against the sum of their powers: 1 where they are unlike, 0 where
# they cancel out. Less than VANISHED in more than FEW of the windows, and somebody isn't heard.
VANISHED = 0.1
FEW = 5  # percent
BETTER = 4.0  # factor by which another sum must be better
QUIET = 1e-5  # amplitude below which nothing is heard
BLOCK = 1024  # samples
LOBE = 2  # bins to each side that a tone's power spreads over
PURE = 0.98  # share of a block's power near its strongest frequency, of a tone
MOSTLY = 0.9  # share of the blocks with sound


def mix_channels(block: Sound, weights: Sound | None) -> Sound:
    """Sum channels to one by weights, (channels,), or to their mean.

    Shape: (channels, samples) -> (samples,)
    """
    return block.mean(0) if weights is None else weights @ block


class ChannelReader(Protocol):
    """A recording's sound, read in pieces (`avsep.media.sound.SoundFileReader`)."""

    sample_rate: int
    channels: int
    samples: int

    def read(self, start: int, stop: int) -> Floats:
        """Samples ``start`` to ``stop``, (channels, stop - start), silence outside."""


def choose_weights(sound: ChannelReader) -> Floats | None:
    """Weights of the channels in the one sound that the network hears, (channels,).

    Channels that hold nothing but a tone are left out. Channels that cancel out (a plug that is
    wired upside down, a matrix of middle and side) are turned over, or one of them is taken alone.

    Args:
        sound: The recording.

    Returns:
        None where the mean of all channels is as good.
    """
    if sound.channels == 1 or not sound.samples:
        return None
    length = round(WINDOW * sound.sample_rate)
    starts = np.unique(np.linspace(0, max(0, sound.samples - length), WINDOWS, dtype=np.int64))
    tones = np.zeros(sound.channels)
    covariances = np.zeros((len(starts), sound.channels, sound.channels))
    for number, start in enumerate(starts.tolist()):
        block = sound.read(start, start + length)
        covariances[number] = np.einsum("at,bt->ab", block, block, dtype=np.float64)
        tones += [count_tone(channel) for channel in block]
    heard = np.diagonal(covariances, axis1=1, axis2=2) > QUIET**2 * length
    is_tone = tones > MOSTLY * np.maximum(heard.sum(0), 1)
    return weigh_channels(covariances, None if is_tone.all() else is_tone)


def weigh_channels(
    covariances: NDArray[np.float64], left_out: NDArray[np.bool_] | None = None
) -> Floats | None:
    """The same from the channels' covariances in windows, (windows, channels, channels).

    >>> weigh_channels(np.array([[[1.0, -1.0], [-1.0, 1.0]]]))
    array([ 0.5, -0.5], dtype=float32)
    """
    channels = covariances.shape[-1]
    kept = np.ones(channels) if left_out is None else np.where(left_out, 0.0, 1.0)
    covariances = covariances * np.outer(kept, kept)
    powers = np.trace(covariances, axis1=1, axis2=2)
    loud = powers > max(LOUD * np.percentile(powers, 95), 1e-12)
    if not loud.any():
        return None
    shares = covariances[loud] / powers[loud, None, None]
    _, directions = np.linalg.eigh(shares.mean(0))
    turned = np.where(directions[:, -1] < 0, -1.0, 1.0) * kept
    turned *= turned[np.argmax(np.abs(directions[:, -1]))]
    candidates = [kept, turned, *np.eye(channels)[kept > 0]]
    scores = [float(np.percentile(_measure_sum(shares, weights), FEW)) for weights in candidates]
    best = int(np.argmax(scores))
    if scores[0] >= VANISHED or scores[best] < BETTER * scores[0]:
        best = 0
    if best == 0 and kept.all():
        return None
    weights = candidates[best]
    return np.asarray(weights / np.abs(weights).sum(), np.float32)


def _measure_sum(shares: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power of a weighted sum of channels in each window."""
    power: NDArray[np.float64] = np.einsum("wab,a,b->w", shares, weights, weights)
    return power


def is_tone(samples: Floats) -> bool:
    """Whether a sound is nothing but a tone, with or without breaks.

    >>> is_tone(np.sin(np.arange(16_000, dtype=np.float32)))
    True
    """
    return count_tone(samples) > MOSTLY


def count_tone(samples: Floats) -> float:
    """Share of the blocks with sound in which there is nothing but a tone."""
    blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK)
    blocks = blocks[np.abs(blocks).max(1, initial=0.0) > QUIET]
    if not len(blocks):
        return 0.0
    power = np.square(np.abs(np.fft.rfft(blocks * np.hanning(BLOCK)))) + 1e-20
    peaks = power.argmax(1)
    near = np.abs(np.arange(power.shape[1]) - peaks[:, None]) <= LOBE
    pure = (power * near).sum(1) / power.sum(1) > PURE
    return float(pure.mean())
