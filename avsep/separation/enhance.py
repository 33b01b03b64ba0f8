"""The network over a whole recording: every person's voice, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avsep.arrays import Floats, Sound
from avsep.device import device_of
from avsep.faces.people import Person
from avsep.media.sound import SoundReader, measure_powers
from avsep.model.lip_reader import DEPTH, to_grey
from avsep.model.magnitude import LEVEL
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import BIN_WIDTH, BINS, Transform, analyse, synthesise
from avsep.separation.chunks import Window, choose_length, cut_windows
from avsep.separation.presence import mark_present
from avsep.speech.samples import VoiceSample
from avsep.timeline import FRAME_RATE, Span

TOP_BINS = 1000 // BIN_WIDTH  # above the network's band their mean mask is used
ENCODED_AT_ONCE = 250  # frames in one batch of the lip encoder: bounds its memory


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """What separates.

    Attributes:
        network: In evaluation mode, on the device and in the precision that shall compute.
        samples: Voices of people whom nobody sees, to be found in what the others leave.
    """

    network: SeparationNetwork
    samples: tuple[VoiceSample, ...] = ()


class LipCache:
    """Encoded lips of the frames around the present window; each frame is encoded once."""

    def __init__(self, network: SeparationNetwork, people: Sequence[Person]) -> None:
        self.network = network
        self.size = network.config.lip_size
        self.people = people
        self.device = device_of(network)
        self.start = self.stop = 0
        still = torch.zeros(1, 1, self.size, self.size, device=self.device)
        self.blank = network.encode(still)[0]  # (features, 1), of somebody out of sight
        self.encoded = self.blank.new_zeros(len(people), len(self.blank), 0)
        self.seen = np.zeros((len(people), 0), np.bool_)

    def move_to(self, window: Window) -> tuple[Tensor, NDArray[np.bool_]]:
        """Forget what is before the window, encode what is new in it.

        Returns:
            (people, features, frames), and where each is seen (people, frames).
        """
        if self.start == self.stop:  # nothing yet: the first window may come late
            self.start = self.stop = window.start
        new = [self._encode(person, self.stop, window.stop) for person in self.people]
        encoded = torch.cat([self.encoded, torch.stack([lips for lips, _ in new])], dim=2)
        seen = np.concatenate([self.seen, np.stack([there for _, there in new])], axis=1)
        self.encoded = encoded[:, :, window.start - self.start :]
        self.seen = seen[:, window.start - self.start :]
        self.start, self.stop = window.start, window.stop
        return self.encoded, self.seen

    def _encode(self, person: Person, start: int, stop: int) -> tuple[Tensor, NDArray[np.bool_]]:
        """Shape: (features, stop - start), (stop - start,)."""
        side = DEPTH // 2
        pieces, seen = [self.blank[:, :0]], [np.zeros(0, np.bool_)]
        for first in range(start, stop, ENCODED_AT_ONCE):
            last = min(first + ENCODED_AT_ONCE, stop)
            mouths, there = person.read(first - side, last + side)
            seen.append(there[side:-side])
            if there.any():
                grey = grey_frames(mouths, there, self.size).to(self.device)
                pieces.append(self.network.encode(grey[None])[0][:, side:-side])
            else:
                pieces.append(self.blank.expand(-1, last - first))
        return torch.cat(pieces, dim=1), np.concatenate(seen)


def grey_frames(mouths: NDArray[np.uint8], seen: NDArray[np.bool_], size: int) -> Tensor:
    """The middle of the mouth frames as the network takes them, grey where nobody is seen.

    Shape: (frames, side, side), (frames,) -> (frames, size, size) in [-1, 1]
    """
    edge = (mouths.shape[-1] - size) // 2
    middle = torch.from_numpy(mouths[:, edge : edge + size, edge : edge + size])
    return to_grey(middle) * torch.from_numpy(seen)[:, None, None]


def enhance(
    network: SeparationNetwork,
    sound: SoundReader,
    people: Sequence[Person],
    wanted: Sequence[bool],
    chunk: int | None = None,
) -> Iterator[Sound]:
    """The voice of each wanted person, in consecutive blocks that together are the recording.

    Args:
        network: In evaluation mode.
        sound: At a rate that is a multiple of 100 Hz.
        people: Everybody visible: who else is seen helps too.
        wanted: Of each of them, whether their voice is asked for.
        chunk: Frames in one block, by default what suits so many people; the output doesn't
            depend on it.

    Yields:
        (wanted people, channels, samples): the level of the source, silence where a person
        isn't there (`mark_present`).
    """
    length = chunk or choose_length(len(people))
    windows = cut_windows(count_all(sound), length, network.config.context)
    yield from enhance_windows(
        Engine(network), sound, people, wanted, windows, measure_gain(sound)
    )


def count_all(sound: SoundReader) -> int:
    """Frames that a sound lasts, the last one begun."""
    return -(-sound.samples * FRAME_RATE // sound.sample_rate)


@torch.inference_mode()
def enhance_windows(
    engine: Engine,
    sound: SoundReader,
    people: Sequence[Person],
    wanted: Sequence[bool],
    windows: Iterable[Window],
    gain: float,
) -> Iterator[Sound]:
    """What `enhance` does in some windows of a recording, which follow each other.

    Args:
        engine: What separates.
        sound: Of the whole recording.
        people: Everybody visible.
        wanted: Of each of them, whether their voice is asked for.
        windows: In order.
        gain: What `measure_gain` finds in the whole.

    Yields:
        What is kept of each window, (wanted people, channels, samples).
    """
    network = engine.network
    device = device_of(network)
    per_frame, frames = sound.sample_rate // FRAME_RATE, count_all(sound)
    asked = [each for each, wants in zip(enumerate(people), wanted, strict=True) if wants]
    memory = LipCache(network, people)
    for window in windows:
        encoded, seen = memory.move_to(window)
        mixture = sound.read(window.start * per_frame, window.stop * per_frame)
        spectrum = analyse(
            torch.from_numpy(mixture).to(device), sound.sample_rate, network.transform
        )
        noisy = _mix(spectrum, sound.weights) * gain
        filters = find_filters(network, noisy, encoded, seen, window.kept)
        first = window.kept[0] * per_frame
        length = min(window.keep_stop * per_frame, sound.samples) - window.keep_start * per_frame
        present = [
            (number, mark_present(person, window.start, window.stop, frames, people))
            for number, person in asked
        ]
        yield np.stack(
            [
                _filter(spectrum, filters[number], sound.sample_rate, network.transform)[
                    :, first : first + length
                ]
                * fade(there, per_frame)[first : first + length]
                for number, there in present
            ]
        )


def _mix(spectrum: Tensor, weights: Sound | None) -> Tensor:
    """Sum channels to the one that is heard: (channels, bins, hops) -> (bins, hops)."""
    if weights is None:
        return spectrum.mean(0)
    return (spectrum * torch.from_numpy(weights).to(spectrum.device)[:, None, None]).sum(0)


def find_filters(
    network: SeparationNetwork,
    noisy: Tensor,
    encoded: Tensor,
    seen: NDArray[np.bool_],
    kept: Span | None = None,
) -> Tensor:
    """The complex factor that turns the mixture's spectrum into each person's.

    Args:
        network: Run on the people visible in this window, as one batch.
        noisy: Complex spectrum of the mixture as one channel, (bins, hops), any number of bins.
        encoded: Encoded lips, (people, features, frames).
        seen: (people, frames).
        kept: Frames whose sound is wanted, by default all; the others may be left unfinished.

    Returns:
        Complex (people, network bins, hops), zero for people who are not visible.
    """
    filters = noisy.new_zeros(len(seen), BINS, noisy.shape[1])
    visible = np.flatnonzero(seen.any(1))
    if len(visible):
        band = functional.pad(noisy, (0, 0, 0, BINS - len(noisy)))
        there = torch.from_numpy(seen[visible]).to(noisy.device)
        told = network.condition_on_encoded(encoded[visible], there)
        voices = network.separate(band[None], told, kept)
        filters[visible] = voices * band.conj() / band.abs().square().clamp_min(1e-14)
    return filters


def _filter(spectrum: Tensor, factor: Tensor, sample_rate: int, transform: Transform) -> Sound:
    """Apply one person's factor to every channel.

    Above the network's band the mean gain of its top kilohertz goes on.

    Shape: complex (channels, bins, hops), complex (network bins, hops) -> (channels, samples)
    """
    bins = spectrum.shape[1]
    top = factor[-TOP_BINS:].abs().mean(0, keepdim=True).expand(max(0, bins - BINS), -1)
    whole = torch.cat([factor[:bins], top])
    voice: Sound = synthesise(spectrum * whole, sample_rate, transform).cpu().numpy()
    return voice


def fade(present: NDArray[np.bool_], per_frame: int) -> Sound:
    """A gain for every sample: one where a person is there, zero elsewhere, short slopes between.

    The slopes lie inside the time the person is there.

    Shape: (frames,) -> (frames * per_frame,)
    """
    around = np.pad(present, 1, mode="edge")
    surely = around[:-2] & present & around[2:]
    centres = (np.arange(len(present)) + 0.5) * per_frame
    samples = np.arange(len(present) * per_frame)
    return np.interp(samples, centres, surely).astype(np.float32)


def measure_gain(sound: SoundReader) -> float:
    """Factor that brings the recording's active level to the one the network knows.

    Active are the frames' lengths within 30 dB of the loud ones (the 95th percentile).
    """
    per_frame = sound.sample_rate // FRAME_RATE
    step = 60 * sound.sample_rate
    edges = [*range(0, sound.samples, step), sound.samples]
    blocks = (sound.read_mono(start, stop) for start, stop in pairwise(edges))
    return find_gain(measure_powers(blocks, per_frame))


def find_gain(power: Floats) -> float:
    """The factor that `measure_gain` finds, of the powers of frames, (frames,)."""
    active = power[power > np.percentile(power, 95) * 1e-3]
    if not len(active):
        return 1.0
    return float(10 ** (LEVEL / 20) / np.sqrt(active.mean() + 1e-12))
