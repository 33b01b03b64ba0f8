"""What is wanted of a recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Replay:
    """Which stretches of crosstalk are played again.

    Attributes:
        shortest: Seconds that a stretch must last.
        gap: Seconds between stretches that count as one.
    """

    shortest: float = 1.0
    gap: float = 1.0


@dataclass(frozen=True, slots=True)
class Subtitles:
    """How speech is written down.

    Attributes:
        formats: Suffixes of the files, "srt" or "vtt".
        recogniser: Size or folder of the recogniser's weights.
    """

    formats: tuple[str, ...]
    recogniser: str = "small"


@dataclass(frozen=True, slots=True)
class Options:
    """What is wanted of a recording.

    Attributes:
        speakers: Names of the wanted people by number; None for everybody.
        file_names: What the voices' files are called, a template for `avsep.naming.name_file`.
        suffix: Of the voices' files.
        sample_format: Of the voices' files: "16", "24" or "float".
        loudness: Whether the voices are brought to the level of EBU R128.
        video: Whether to write one video for each speaker too.
        mkv: Whether to write one file with the recording and all voices.
        replay: How crosstalk is played again, if that is wanted.
        subtitles: How speech is written down, if that is wanted.
        language: What is spoken, ISO 639; None to find it out.
        report: Whether to write a page to look at and listen to.
        force: Whether an existing result may be replaced.
        precision: What the network's sums are cast to; None for full precision.
    """

    speakers: Mapping[int, str] | None = None
    file_names: str = "{speaker}"
    suffix: str = ".wav"
    sample_format: str = "float"
    loudness: bool = False
    video: bool = False
    mkv: bool = False
    replay: Replay | None = None
    subtitles: Subtitles | None = None
    language: str | None = None
    report: bool = False
    force: bool = False
    precision: torch.dtype | None = None


# How it is done, not what comes out.
MANNERS = {"force", "precision"}


def describe_options(options: Options) -> dict[str, Any]:
    """What decides on the files that are made, as a manifest keeps it and gives it back."""
    wanted = {key: value for key, value in asdict(options).items() if key not in MANNERS}
    as_read_back: dict[str, Any] = json.loads(json.dumps(wanted))
    return as_read_back
