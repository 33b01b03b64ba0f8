"""Voices and residual as files, as long as the recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avsep.arrays import Sound
from avsep.media.sound import Layout, SoundFileReader, SoundFileWriter

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
            Layout(sample_rate, mixture.channels, samples, "FLOAT"),
        )
        self._mix = mixture.mix
        narrow_samples = round(samples * RECOGNISER_RATE / sample_rate)
        self.narrow = SoundFileWriter(
            path.with_suffix(".16k.wav"),
            mixture.sample_rate,
            Layout(RECOGNISER_RATE, 1, narrow_samples, "FLOAT"),
        )

    @property
    def files(self) -> VoiceFiles:
        """Both files."""
        return VoiceFiles(self.full.path, self.narrow.path)

    def write(self, block: Sound) -> None:
        """Append a block, (channels, time)."""
        self.full.write(block)
        self.narrow.write(self._mix(block)[None])

    def close(self) -> None:
        """Finish both files."""
        self.full.close()
        self.narrow.close()


def write_voices(
    voices: Iterable[Sound], mixture: SoundFileReader, targets: Sequence[Path], sample_rate: int
) -> list[VoiceFiles]:
    """Write each voice, and to the last target what is left of the mixture without them.

    Args:
        voices: Consecutive blocks (voices, channels, time), at the rate of the mixture.
        mixture: The recording they come from.
        targets: One file for each voice, and one more; each gets a 16 kHz file beside it.
        sample_rate: Of the source, Hz; the files are as long as the source, at its rate.

    Returns:
        The files of each target.
    """
    samples = round(mixture.samples * sample_rate / mixture.sample_rate)
    writers = [
        VoiceWriter(target, mixture, sample_rate=sample_rate, samples=samples)
        for target in targets
    ]
    *speakers, rest = writers
    position = 0
    for block in voices:
        for writer, voice in zip(speakers, block, strict=True):
            writer.write(voice)
        stop = position + block.shape[-1]
        rest.write(mixture.read(position, stop) - block.sum(0))
        position = stop
    for writer in writers:
        writer.close()
    return [writer.files for writer in writers]
