"""What is wanted of a recording."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from math import inf
from typing import Any

import torch

from avsep.errors import SettingError
from avsep.names import check_speakers, read_template

SUFFIXES = (".wav", ".flac")


SAMPLE_FORMATS = ("16", "24", "float")


SUBTITLE_FORMATS = ("srt", "vtt")


@dataclass(frozen=True, slots=True)
class Replay:
    """Which stretches of crosstalk are played again.

    Attributes:
        shortest: Seconds that a stretch must last.
        gap: Seconds between stretches that count as one.
    """

    shortest: float = 1.0
    gap: float = 1.0

    def __post_init__(self) -> None:
        """Refuse lengths that are none."""
        for what, seconds in asdict(self).items():
            if not 0 <= seconds < inf:
                raise SettingError(
                    f"{what} = {seconds!r} is no length of crosstalk", hint="Give it in seconds."
                )


@dataclass(frozen=True, slots=True)
class Subtitles:
    """How speech is written down.

    Attributes:
        formats: Suffixes of the files, "srt" or "vtt".
        recogniser: Size or folder of the recogniser's weights.
    """

    formats: tuple[str, ...]
    recogniser: str = "small"

    def __post_init__(self) -> None:
        """Refuse formats that can't be written."""
        _choose("formats", self.formats, SUBTITLE_FORMATS)


@dataclass(frozen=True, slots=True)
class Options:
    """What is wanted of a recording.

    Attributes:
        speakers: Names of the wanted people by number; None for everybody.
        file_names: What the voices' files are called, a template for `avsep.names.name_file`.
        suffix: Of the voices' files.
        sample_format: Of the voices' files: "16", "24" or "float".
        loudness: Whether the voices are brought to the level of EBU R128.
        video: Whether to write one video for each speaker too.
        mkv: Whether to write one file with the recording and all voices.
        replay: How crosstalk is played again, if that is wanted.
        subtitles: How speech is written down, if that is wanted.
        language: What is spoken, ISO 639; None to find it out.
        audio_stream: Numbers or languages of the sound streams to hear; None to choose the best.
        video_stream: Number or language of the picture stream to watch; None to choose it.
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
    audio_stream: str | None = None
    video_stream: str | None = None
    report: bool = False
    force: bool = False
    precision: torch.dtype | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no files, before any work is done.

        Raises:
            SettingError: Some of it asks for something impossible.
        """
        read_template(self.file_names)
        if self.speakers is not None:
            check_speakers(self.speakers)
        _choose("suffix", [self.suffix], SUFFIXES)
        _choose("sample_format", [self.sample_format], SAMPLE_FORMATS)
        if (self.suffix, self.sample_format) == (".flac", "float"):
            raise SettingError("FLAC holds no float", hint="Take the sample format 24 or 16.")
        if self.language:
            from avsep.languages import read_language  # half a second that others need not wait

            read_language(self.language)


def _choose(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    """Refuse what isn't known, or nothing at all."""
    wrong = [given] if isinstance(given, str) or not given else set(given) - set(known)
    for name in wrong:
        raise SettingError(
            f"{what}: {name!r} is not what it can be", hint=f"Choose from {', '.join(known)}."
        )


# How it is done, not what comes out.
MANNERS = {"force", "precision"}


# Options that have parts of their own.
PARTS: dict[str, type] = {"replay": Replay, "subtitles": Subtitles}


def describe_options(options: Options) -> dict[str, Any]:
    """What decides on the files that are made, as a manifest keeps it and gives it back."""
    wanted = {key: value for key, value in asdict(options).items() if key not in MANNERS}
    as_read_back: dict[str, Any] = json.loads(json.dumps(wanted))
    return as_read_back


def leave_out(options: Options, products: Collection[str]) -> Options:
    """The options without some products, each called like the option that asks for it."""
    usual: dict[str, Any] = {item.name: item.default for item in fields(Options)}
    return replace(options, **{name: usual[name] for name in products if name in usual})


def find_other_options(had: Mapping[str, Any], options: Options) -> list[str]:
    """Names of the options in which what is wanted differs from what a manifest holds.

    What a manifest of an earlier version lacks was made as the option's default makes it; what
    only a later version knows counts where it asks for something.

    Args:
        had: Options of the manifest.
        options: What is wanted now.
    """
    wanted, usual = describe_options(options), describe_options(Options())
    filled = {**usual, **had}
    for key, kind in PARTS.items():
        if isinstance(part := filled[key], dict):
            filled[key] = _describe_defaults(kind) | part
    unknown = [key for key in had if key not in wanted and had[key]]
    return [key for key in wanted if wanted[key] != filled[key]] + unknown


def _describe_defaults(kind: type) -> dict[str, Any]:
    """What a part of the options holds of itself, as a manifest gives it back."""
    held = {item.name: item.default for item in fields(kind) if item.default is not MISSING}
    as_read_back: dict[str, Any] = json.loads(json.dumps(held))
    return as_read_back
