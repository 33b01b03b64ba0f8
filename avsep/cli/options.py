"""The options that commands take, and what they say about themselves."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from avsep.errors import SettingError
from avsep.names import read_speakers, read_template
from avsep.version import __version__

SUBTITLE_FORMATS = ("srt", "vtt")


STREAM = re.compile(r"\d+|[a-z]{2,3}(-[a-z0-9]+)*")


class Format(StrEnum):
    """Kinds of sound files."""

    WAV = "wav"
    FLAC = "flac"


class SampleFormat(StrEnum):
    """Kinds of samples in sound files."""

    SIXTEEN = "16"
    TWENTY_FOUR = "24"
    FLOAT = "float"


class Precision(StrEnum):
    """How exactly the network computes."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


class Detector(StrEnum):
    """Face detectors."""

    AUTO = "auto"
    RETINAFACE = "retinaface"
    FACE_ALIGNMENT = "face-alignment"


def show_version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        typer.echo(f"avsep {__version__}")
        raise typer.Exit


def check_template(text: str) -> str:
    """Refuse a template no file can be called by, as wrong usage."""
    try:
        return read_template(text)
    except SettingError as error:
        raise typer.BadParameter(f"{error.message}. {error.hint}") from error


def check_speakers(text: str) -> str:
    """Refuse what `read_speakers` can't read, as wrong usage."""
    try:
        read_speakers(text)
    except SettingError as error:
        raise typer.BadParameter(f"{error.message}. {error.hint}") from error
    return text


def check_formats(text: str) -> str:
    """Refuse formats of subtitles that can't be written."""
    for name in filter(None, text.split(",")):
        if name.strip().lower() not in SUBTITLE_FORMATS:
            raise typer.BadParameter(f"{name.strip()!r} is neither srt nor vtt")
    return ",".join(part.strip().lower() for part in text.split(",") if part.strip())


def check_language(text: str) -> str:
    """Refuse what is no language."""
    if not text:
        return text
    from avsep.languages import read_language

    try:
        return read_language(text)
    except SettingError as error:
        raise typer.BadParameter(f"{error.message}. {error.hint}") from error


def choose_samples(kind: Format, chosen: SampleFormat | None) -> SampleFormat:
    """The sample format that is asked for, or the best the files hold."""
    if kind is Format.FLAC and chosen is SampleFormat.FLOAT:
        raise typer.BadParameter("FLAC holds no float: take --sample-format 24, or --format wav")
    return chosen or (SampleFormat.FLOAT if kind is Format.WAV else SampleFormat.TWENTY_FOUR)


def check_streams(text: str) -> str:
    """Refuse what names no stream: neither a number nor a language."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if not STREAM.fullmatch(word):
            raise typer.BadParameter(f"{word!r} is neither a number nor a language like eng")
    return ",".join(words)


def check_stream(text: str) -> str:
    """Refuse what names no stream, and more than one."""
    if "," in text:
        raise typer.BadParameter("only one picture can be watched")
    return check_streams(text)


VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell more: time of each stage, files passed by.")
]


QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Tell nothing but results and errors.")
]


VersionOption = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=show_version, help="Print the version."),
]


JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


ForceOption = Annotated[bool, typer.Option("--force", help="Replace results that exist already.")]


DetectorOption = Annotated[
    Detector,
    typer.Option(help="What finds faces; face-alignment fetches its weights at first use."),
]


DeviceOption = Annotated[
    str, typer.Option(metavar="auto|cpu|cuda[:N]", help="Where networks compute.")
]


InputsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", help="Videos, or folders with videos at any depth."),
]


SpeakersOption = Annotated[
    str,
    typer.Option(
        metavar="all|1,3|NAME=1",
        callback=check_speakers,
        help="Who is wanted, by the numbers that `avsep faces` shows; NAME=1 names the files.",
    ),
]


FileNamesOption = Annotated[
    str,
    typer.Option(
        metavar="TEMPLATE",
        callback=check_template,
        help="What voices' files are called, of {input}, {speaker} and {number}.",
    ),
]


OutputDirOption = Annotated[
    Path,
    typer.Option("--output-dir", "-o", help="Where each video gets a folder of its own."),
]


FormatOption = Annotated[Format, typer.Option("--format", help="Of the voices' files.")]


SampleFormatOption = Annotated[
    SampleFormat | None,
    typer.Option(help="Bits of the voices' samples; by default float in WAV, 24 in FLAC."),
]


LoudnessOption = Annotated[
    bool,
    typer.Option("--loudness", help="Bring each voice to the level of EBU R128, -23 LUFS."),
]


VideoOption = Annotated[
    bool,
    typer.Option("--video", help="Write a video for each speaker too, with the picture copied."),
]


MkvOption = Annotated[
    bool,
    typer.Option("--mkv", help="Write one Matroska file too: picture, sound, and all voices."),
]


ReplayOption = Annotated[
    bool,
    typer.Option("--replay", help="Write a cut that plays crosstalk again, voice by voice."),
]


ReplayShortestOption = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Crosstalk this long is played again.")
]


ReplayGapOption = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0, help="Crosstalk this soon after other is one stretch."),
]


SubtitlesOption = Annotated[
    str,
    typer.Option(
        metavar="srt,vtt",
        callback=check_formats,
        help="Write what each speaker says; needs avsep\\[subtitles].",
    ),
]


LanguageOption = Annotated[
    str,
    typer.Option(
        metavar="CODE",
        callback=check_language,
        help="What is spoken, like en or de, for subtitles and --mkv; else it is found out.",
    ),
]


RecogniserOption = Annotated[
    str,
    typer.Option(
        metavar="SIZE|FOLDER",
        help="Whisper's weights for subtitles; a size is fetched at first use.",
    ),
]


AudioStreamOption = Annotated[
    str,
    typer.Option(
        metavar="N,N|LANGUAGE",
        callback=check_streams,
        help="Which sound is heard, as ffprobe counts streams or names languages; several are"
        " heard together.",
    ),
]


VideoStreamOption = Annotated[
    str,
    typer.Option(
        metavar="N|LANGUAGE",
        callback=check_stream,
        help="Which picture is watched, as ffprobe counts streams or names languages.",
    ),
]


ReportOption = Annotated[
    bool,
    typer.Option("--report", help="Write a page to see who speaks when, and to listen to it."),
]


ModelOption = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="Bundled weights, or a checkpoint.")
]


PrecisionOption = Annotated[
    Precision, typer.Option(help="Of the network's sums; auto takes bf16 on a GPU that has it.")
]


RayOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Spread the recordings over this Ray cluster, whose machines share the files.",
    ),
]


JobsOption = Annotated[
    int,
    typer.Option("--jobs", "-j", min=1, help="Recordings at a time, each in its own process."),
]


DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
]


SheetOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw everybody's face into a PNG or JPEG picture."),
]
