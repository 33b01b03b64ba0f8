"""Broadcast WAV: what a sound file says of its place in time, for editors.

A chunk ``bext`` (EBU Tech 3285) holds the time of the first sample since midnight, a chunk
``iXML`` the names of the tracks and the rate of the time code. Programs that know neither pass
them by. The first stands before the samples, in room that `reserve_stamp` has libsndfile leave;
the second after them, so that no sample moves however large a file is.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

import soundfile

from avsep.errors import OutputError
from avsep.text import make_plain
from avsep.version import __version__

ADD_BROADCAST_CHUNK = 0x10F1  # libsndfile's number for it
RESERVED = 864  # bytes of libsndfile's structure, which ends in 256 for the coding history
FIELDS = struct.Struct("<256s32s32s10s8sQH254x")  # the chunk without its coding history
VERSION = 1  # of the chunk: without loudness
ORIGINATOR = f"avsep {__version__}"
IXML_VERSION = "1.61"
HEAD = struct.Struct("<4sI")  # name and size of a chunk
FORMAT = struct.Struct("<HHIIHH")
LARGE = b"RF64"
IN_DS64 = 0xFFFFFFFF  # a size that stands in the chunk ds64 instead
CHANNELS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a sound file says of itself.

    Attributes:
        start: Seconds from midnight to its first sample, by the recording's time code.
        rate: Frames a second of the time code.
        drops: Whether the time code leaves out numbers.
        project: The recording.
        track: Who is heard.
        created: When the recording was made, where that is known.
    """

    start: Fraction
    rate: Fraction
    drops: bool
    project: str
    track: str
    created: datetime | None = None

    def count_samples(self, sample_rate: int) -> int:
        """Samples from midnight to the first.

        A time code's frame seldom begins with a sample. The sample after its beginning is taken,
        since programs that count whole frames would be a frame too early otherwise.
        """
        return -(-self.start.numerator * sample_rate // self.start.denominator)


@dataclass(frozen=True, slots=True)
class WaveLayout:
    """Where the parts of a WAV file lie.

    Attributes:
        chunks: Position of the content, and size, by name.
        channels: Their number.
        sample_rate: Hz.
        bits: Of a sample.
        large: Whether it is an RF64 file.
    """

    chunks: dict[bytes, tuple[int, int]]
    channels: int
    sample_rate: int
    bits: int
    large: bool


def reserve_stamp(file: soundfile.SoundFile) -> None:
    """Have a WAV file leave room for a stamp; before the first sample is written."""
    # The library tells of no such call, though what it is made of has it.
    empty = soundfile._ffi.new("char[]", RESERVED)
    soundfile._snd.sf_command(file._file, ADD_BROADCAST_CHUNK, empty, RESERVED)


def write_stamp(path: Path, stamp: Stamp) -> None:
    """Write into a finished WAV file, which had room reserved, where it belongs in time.

    Raises:
        OutputError: It is no such file.
    """
    with path.open("r+b") as file:
        layout = read_layout(file)
        if layout is None or b"bext" not in layout.chunks or b"iXML" in layout.chunks:
            raise OutputError(f"{path} is no WAV file with room for its time code")
        position, size = layout.chunks[b"bext"]
        file.seek(position)
        file.write(_describe_start(stamp, layout, size))
        _append(file, b"iXML", _describe_tracks(stamp, layout), large=layout.large)


def read_layout(file: BinaryIO) -> WaveLayout | None:
    """Where the parts of a WAV file lie; None if it is none."""
    file.seek(0)
    kind, _, form = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
    if kind not in (b"RIFF", LARGE) or form != b"WAVE":
        return None
    chunks = dict(_find_chunks(file))
    if b"fmt " not in chunks:
        return None
    file.seek(chunks[b"fmt "][0])
    _, channels, sample_rate, _, _, bits = FORMAT.unpack(file.read(FORMAT.size))
    return WaveLayout(chunks, channels, sample_rate, bits, kind == LARGE)


def _find_chunks(file: BinaryIO) -> Iterator[tuple[bytes, tuple[int, int]]]:
    position, length = 12, file.seek(0, os.SEEK_END)
    samples = 0
    while position + HEAD.size <= length:
        file.seek(position)
        name, size = HEAD.unpack(file.read(HEAD.size))
        position += HEAD.size
        if name == b"ds64":
            samples = struct.unpack("<QQ", file.read(16))[1]
        if name == b"data" and size == IN_DS64:
            size = samples
        yield name, (position, size)
        position += size + size % 2


def _append(file: BinaryIO, name: bytes, content: bytes, *, large: bool) -> None:
    """Add a chunk at the end, and count it in the size of the whole."""
    length = file.seek(0, os.SEEK_END)
    file.write(bytes(length % 2) + HEAD.pack(name, len(content)) + content)
    file.write(bytes(len(content) % 2))
    whole = file.tell() - HEAD.size
    if large:
        file.seek(20)  # the first number in ds64, which always comes first
        file.write(struct.pack("<Q", whole))
    else:
        file.seek(4)
        file.write(struct.pack("<I", whole))


def _describe_start(stamp: Stamp, layout: WaveLayout, size: int) -> bytes:
    """Content of the chunk ``bext``, of so many bytes."""
    date = time = ""
    if stamp.created is not None:
        date, time = f"{stamp.created:%Y-%m-%d}", f"{stamp.created:%H:%M:%S}"
    fields = FIELDS.pack(
        _spell(f"{stamp.track} in {stamp.project}", 256),
        _spell(ORIGINATOR, 32),
        b"",
        date.encode(),
        time.encode(),
        stamp.count_samples(layout.sample_rate),
        VERSION,
    )
    channels = CHANNELS.get(layout.channels, f"{layout.channels} channels")
    history = f"A=PCM,F={layout.sample_rate},W={layout.bits},M={channels},T={ORIGINATOR}\r\n"
    room = size - len(fields)
    said = _spell(history, room) if len(history) <= room else b""
    return fields + said.ljust(room, b"\0")


def _spell(text: str, most: int) -> bytes:
    """A text in the ASCII that the chunk takes: accents go, other letters become marks."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.encode("ascii", "replace")[:most]


def _describe_tracks(stamp: Stamp, layout: WaveLayout) -> bytes:
    """Content of the chunk ``iXML``."""
    root = ElementTree.Element("BWFXML")
    speed = f"{stamp.rate.numerator}/{stamp.rate.denominator}"
    high, low = divmod(stamp.count_samples(layout.sample_rate), 2**32)
    _add(root, {"IXML_VERSION": IXML_VERSION, "PROJECT": stamp.project, "NOTE": stamp.track})
    _add(
        ElementTree.SubElement(root, "SPEED"),
        {
            "MASTER_SPEED": speed,
            "CURRENT_SPEED": speed,
            "TIMECODE_RATE": speed,
            "TIMECODE_FLAG": "DF" if stamp.drops else "NDF",
            "FILE_SAMPLE_RATE": layout.sample_rate,
            "AUDIO_BIT_DEPTH": layout.bits,
            "DIGITIZER_SAMPLE_RATE": layout.sample_rate,
            "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI": high,
            "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO": low,
            "TIMESTAMP_SAMPLE_RATE": layout.sample_rate,
        },
    )
    tracks = ElementTree.SubElement(root, "TRACK_LIST")
    _add(tracks, {"TRACK_COUNT": layout.channels})
    for number in range(1, layout.channels + 1):
        name = stamp.track if layout.channels == 1 else f"{stamp.track} {number}"
        index = {"CHANNEL_INDEX": number, "INTERLEAVE_INDEX": number}
        _add(ElementTree.SubElement(tracks, "TRACK"), {**index, "NAME": name, "FUNCTION": ""})
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return bytes(text) + b"\n"


def _add(parent: ElementTree.Element, texts: dict[str, object]) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = make_plain(str(text))
