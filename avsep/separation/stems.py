"""Voices and residual as files, as long as the recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avsep.arrays import Sound
from avsep.media.sound import SoundFileReader, SoundFileWriter, SoundLayout

RECOGNISER_RATE = 16_000


@dataclass(frozen=True, slots=True)
class VoiceFiles:
    """One voice on disk.

    Attributes:
        full: For editors, without loss.
        narrow: For recognisers, 16 kHz mono.
        gain: By which the one differs from the level of the recording, dB.
        narrow_gain: The same of the other.
        coded: The file of the result, where that is in a format that loses something.
    """

    full: Path
    narrow: Path
    gain: float = 0.0
    narrow_gain: float = 0.0
    coded: Path | None = None

    @property
    def file(self) -> Path:
        """What the result holds for editors."""
        return self.coded or self.full

    @property
    def name(self) -> str:
        """What both are called."""
        return self.full.stem


class VoiceWriter:
    """One voice on disk in 32-bit float: the sound for editors, and beside it 16 kHz mono.

    Args:
        path: Sound for editors, ``.wav``.
        mixture: The recording, at the rate of the blocks to come.
        sample_rate: Of the source, Hz.
        samples: Of the source.
    """

    def __init__(
        self, path: Path, mixture: SoundFileReader, *, sample_rate: int, samples: int
    ) -> None:
        self.full = SoundFileWriter(
            path,
            mixture.sample_rate,
            SoundLayout(sample_rate, mixture.channels, samples, "FLOAT"),
        )
        self._mix = mixture.mix
        narrow_samples = round(samples * RECOGNISER_RATE / sample_rate)
        self.narrow = SoundFileWriter(
            path.with_suffix(".16k.wav"),
            mixture.sample_rate,
            SoundLayout(RECOGNISER_RATE, 1, narrow_samples, "FLOAT"),
        )

    @property
    def files(self) -> VoiceFiles:
        """Both files."""
        return VoiceFiles(self.full.path, self.narrow.path)

    def write(self, block: Sound, others: Sound | None = None) -> None:
        """Append a block, (channels, time).

        Args:
            block: The voice; recognisers get nothing else.
            others: What editors get besides, of the same shape.
        """
        self.full.write(block if others is None else block + others)
        self.narrow.write(self._mix(block)[None])

    def close(self) -> None:
        """Finish both files."""
        self.full.close()
        self.narrow.close()


@dataclass(frozen=True, slots=True)
class Files:
    """Files to write voices to.

    Attributes:
        targets: One for each voice, and one more; each gets a 16 kHz file beside it.
        factors: Of each voice, by which all else is multiplied that stays in its file.
        sample_rate: Of the source, Hz; the files are as long as the source, at its rate.
    """

    targets: Sequence[Path]
    factors: Sequence[float]
    sample_rate: int


def write_voices(
    voices: Iterable[Sound], mixture: SoundFileReader, files: Files
) -> list[VoiceFiles]:
    """Write each voice, and to the last target what is left of the mixture without them.

    Args:
        voices: Consecutive blocks (voices, channels, time), at the rate of the mixture.
        mixture: The recording they come from.
        files: Where they go.

    Returns:
        The files of each target.
    """
    sample_rate = files.sample_rate
    samples = round(mixture.samples * sample_rate / mixture.sample_rate)
    with ExitStack() as stack:
        writers = []
        for target in files.targets:
            writer = VoiceWriter(target, mixture, sample_rate=sample_rate, samples=samples)
            writers.append(stack.enter_context(closing(writer)))
        *speakers, rest = writers
        position = 0
        for block in voices:
            stop = position + block.shape[-1]
            heard = mixture.read(position, stop)
            for speaker, voice, factor in zip(speakers, block, files.factors, strict=True):
                others = np.float32(factor) * (heard - voice) if factor else None
                speaker.write(voice, others)
            rest.write(heard - block.sum(0))
            position = stop
    return [writer.files for writer in writers]
