"""A pack: every voice, noise and face's lips of a training run in one file that travels.

The file begins with the length of its index (8 bytes, little endian), the index as JSON, then,
person after person, an Opus stream and what the lips say as bytes. Where everything does not fit,
the longest people are cut, none is left out.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from avsep.errors import DataError
from avsep.files import replacing
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.training.corpus import Corpus, make_corpus

STEPS = 40  # steps of a told number from 0 to 1: bytes hold -3.2 to 3.2
SHORTEST = 4 * SAMPLE_RATE  # samples that a person must have
HEADROOM = 0.97  # of the size that is asked for: Opus' rate is only about what was asked
STREAM_HEAD = 1200  # bytes of each stream and its place in the index
Encode = Callable[[NDArray[np.int16]], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class PackedPerson:
    """Somebody who is heard in training.

    Attributes:
        sound: 16 kHz, (samples,).
        lips: What theirs say, (frames, rows), or None for a voice without a face.
    """

    sound: NDArray[np.int16]
    lips: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lips:
    """How the rows of people's lips come about.

    Attributes:
        bands: Of the cue.
        weight: From lip features to components, (components, features).
        bias: (components,).
    """

    bands: int
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Numbers that are told of a frame."""
        return self.bands + len(self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """What a pack holds, ready to train.

    Attributes:
        voices: Who is learnt from.
        held_out: Voices that are kept for looks at how well it goes.
        noise: What sounds behind them.
        lips: How their rows came about.
    """

    voices: Corpus
    held_out: Corpus
    noise: Corpus
    lips: Lips


def write_pack(
    path: Path,
    groups: Mapping[str, Mapping[str, PackedPerson]],
    lips: Lips,
    encode: Encode,
    most: int | None = None,
    bits: int = 16_000,
) -> None:
    """Write a pack, or nothing.

    Args:
        path: Target.
        groups: People by name, of `voices`, `held_out` and `noise`.
        lips: How the rows of their lips came about.
        encode: Sound to an Opus stream of about ``bits`` a second.
        most: Bytes that the file may have at most.
        bits: A second of sound.

    Raises:
        DataError: Not even a little of everybody fits.
    """
    longest = math.inf if most is None else _find_longest(groups, lips.rows, most, bits)
    data = _compose(groups, lips, encode, longest)
    while most is not None and len(data) > most:  # Opus' rate is only about what was asked
        longest *= HEADROOM * most / len(data)
        data = _compose(groups, lips, encode, longest)
    with replacing(path, "") as partial:
        partial.write_bytes(data)


def _compose(
    groups: Mapping[str, Mapping[str, PackedPerson]], lips: Lips, encode: Encode, longest: float
) -> bytes:
    """The file as it will be, voices cut to so many samples."""
    body = io.BytesIO()
    index: dict[str, Any] = {"lips": _describe(lips)}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for group, people in groups.items():
            cut = longest if group == "voices" else math.inf
            names = sorted(people)
            cast = [_shorten(people[name], cut) for name in names]
            streams = pool.map(encode, (person.sound for person in cast))
            index[group] = [
                {"name": name, **_append(body, person, stream)}
                for name, person, stream in zip(names, cast, streams, strict=True)
            ]
    head = json.dumps(index).encode()
    return len(head).to_bytes(8, "little") + head + body.getvalue()


def open_pack(path: Path) -> Pack:
    """Decode a pack into memory: about a minute for ten hours.

    Raises:
        DataError: It is none.
    """
    try:
        data = path.read_bytes()
        first = 8 + int.from_bytes(data[:8], "little")
        index = json.loads(data[8:first])
        settings = index["lips"]
        lips = Lips(
            settings["bands"],
            np.array(settings["weight"], np.float32),
            np.array(settings["bias"], np.float32),
        )
        voices, held_out, noise = (
            _decode(data, first, index[group], lips) for group in ("voices", "held_out", "noise")
        )
    except (OSError, ValueError, KeyError, soundfile.LibsndfileError) as error:
        raise DataError(f"{path} is no pack ({error})", hint="`avsep pack` makes one.") from error
    return Pack(voices, held_out, noise, lips)


def _decode(data: bytes, first: int, people: Sequence[dict[str, Any]], lips: Lips) -> Corpus:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        decoded = list(pool.map(lambda entry: _decode_person(data, first, entry, lips), people))
    return make_corpus(
        [sound for sound, _ in decoded],
        [told for _, told in decoded],
        [_source_of(entry["name"]) for entry in people],
        lips.rows,
        lips.bands,
    )


def _decode_person(
    data: bytes, first: int, entry: Mapping[str, Any], lips: Lips
) -> tuple[NDArray[np.int16], NDArray[np.floating] | None]:
    start = first + entry["start"]
    stop = start + entry["sound"]
    sound = _hear(data[start:stop])[: entry["samples"]]
    said = np.frombuffer(data[stop : stop + entry["lips"]], np.int8)
    rows = said.reshape(-1, lips.rows).astype(np.float32) / STEPS
    return sound, rows if len(rows) else None


def _source_of(name: str) -> str:
    """`voice/librispeech/103` comes from librispeech; `noise/music` from music."""
    return name.split("/")[1]


def _hear(stream: bytes) -> NDArray[np.int16]:
    sound, rate = soundfile.read(io.BytesIO(stream), dtype="int16")
    if rate != SAMPLE_RATE:
        raise ValueError(f"sound of {rate} Hz")
    return np.asarray(sound)


def _append(file: io.BytesIO, person: PackedPerson, stream: bytes) -> dict[str, int]:
    start = file.tell()
    said = b""
    if person.lips is not None:
        steps = np.rint(person.lips * STEPS)
        said = np.clip(steps, -127, 127).astype(np.int8).tobytes()
    file.write(stream + said)
    return {
        "start": start,
        "sound": len(stream),
        "lips": len(said),
        "samples": len(person.sound),
    }


def _shorten(person: PackedPerson, longest: float) -> PackedPerson:
    frames = int(min(len(person.sound), longest)) // SAMPLES_PER_FRAME
    if person.lips is not None:
        frames = min(frames, len(person.lips))
    lips = None if person.lips is None else person.lips[:frames]
    return PackedPerson(person.sound[: frames * SAMPLES_PER_FRAME], lips)


def _find_longest(
    groups: Mapping[str, Mapping[str, PackedPerson]], rows: int, most: int, bits: int
) -> float:
    """The length, in samples, to which voices are cut so that all have at most so many bytes."""

    def cost(person: PackedPerson, longest: float) -> float:
        each = bits / 8 / SAMPLE_RATE
        if person.lips is not None:
            each += rows / SAMPLES_PER_FRAME
        return STREAM_HEAD + each * min(len(person.sound), longest)

    others = [p for name in ("held_out", "noise") for p in groups[name].values()]
    room = HEADROOM * most - sum(cost(person, math.inf) for person in others)
    low, high = 0.0, float(max(len(person.sound) for person in groups["voices"].values()))
    for _ in range(60):
        middle = (low + high) / 2
        fits = sum(cost(person, middle) for person in groups["voices"].values()) <= room
        low, high = (middle, high) if fits else (low, middle)
    if low < SAMPLE_RATE:
        raise DataError("nobody fits into a pack so small", hint="Give a larger --size.")
    return low


def _describe(lips: Lips) -> dict[str, Any]:
    return {
        "bands": lips.bands,
        "weight": np.round(lips.weight, 5).tolist(),
        "bias": np.round(lips.bias, 5).tolist(),
    }
