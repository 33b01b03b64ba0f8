"""A WAV file that grows and can be read at any moment, however its writer ends."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

from avsep.arrays import Sound
from avsep.errors import OutputError

FLOAT, BITS = 3, 32  # kind of samples as the format numbers them
# Room that becomes a chunk ds64 once the file has more than 4 GiB (EBU Tech 3306).
ROOM = 28
LARGEST = 2**32 - 1
HEAD = struct.Struct(f"<4sI4s4sI{ROOM}s4sIHHIIHH4sII4sI")
LARGE_SIZES = struct.Struct("<QQQI")


class GrowingWave:
    """Samples of 32-bit float; what is appended counts once it is written.

    Attributes:
        samples: Of each channel.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int, samples: int = 0) -> None:
        """Open a file, which is made if needed, and bring it to a length.

        Args:
            path: The file.
            sample_rate: Hz.
            channels: Their number.
            samples: That are kept of it; beyond its end there is silence.

        Raises:
            OutputError: A file is there that is none of this kind.
        """
        self._sample_rate, self._channels = sample_rate, channels
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        head = os.read(self._file, HEAD.size)
        if head and not self._is_ours(head):
            os.close(self._file)
            raise OutputError(
                f"{path} is no sound file of this recording",
                hint="Take it away, or give another --output-dir.",
            )
        self.samples = max(0, os.fstat(self._file).st_size - HEAD.size) // self._size
        self.cut(samples)

    def cut(self, samples: int) -> None:
        """Keep so many samples; beyond the end there is silence, which takes no room."""
        if samples < self.samples:  # the head never tells of more than there is
            self._count(samples)
        os.ftruncate(self._file, HEAD.size + samples * self._size)
        self._count(samples)

    def append(self, block: Sound) -> None:
        """Append (channels, samples)."""
        data = memoryview(np.ascontiguousarray(block.T, np.float32).tobytes())
        place = HEAD.size + self.samples * self._size
        while data:
            written = os.pwrite(self._file, data, place)
            data, place = data[written:], place + written
        self._count(self.samples + block.shape[1])

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    @property
    def _size(self) -> int:
        """Bytes of one sample of all channels."""
        return self._channels * BITS // 8

    def _is_ours(self, head: bytes) -> bool:
        """Whether a file's head is that of a file of this kind, whatever its length."""
        if len(head) < HEAD.size:
            return False
        _, _, wave, _, _, _, *form, fact, _, _, data, _ = HEAD.unpack(head)
        expected = HEAD.unpack(self._write_head(0))
        return (wave, *form, fact, data) == (expected[2], *expected[6:14], b"fact", b"data")

    def _count(self, samples: int) -> None:
        """Note in the head how many samples there are, after they are written."""
        os.pwrite(self._file, self._write_head(samples), 0)
        self.samples = samples

    def _write_head(self, samples: int) -> bytes:
        length = samples * self._size
        whole = HEAD.size - 8 + length
        large = whole > LARGEST
        room = LARGE_SIZES.pack(whole, length, samples, 0) if large else bytes(ROOM)
        rate, size = self._sample_rate, self._size
        return HEAD.pack(
            *(b"RF64" if large else b"RIFF", min(whole, LARGEST), b"WAVE"),
            *(b"ds64" if large else b"JUNK", ROOM, room),
            *(b"fmt ", 16, FLOAT, self._channels, rate, rate * size, size, BITS),
            *(b"fact", 4, min(samples, LARGEST)),
            *(b"data", min(length, LARGEST)),
        )
