"""The options that commands take, and what they say about themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avsep.choices import Detector, Format, Precision, SampleFormat
from avsep.cli.checks import (
    check_all_with,
    check_stream,
    check_streams,
    check_voice_samples,
    check_with,
    find_language,
)
from avsep.divisions import read_divisions
from avsep.names import read_names, read_speakers, read_template
from avsep.version import __version__


def show_version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        typer.echo(f"avsep {__version__}")
        raise typer.Exit


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
    typer.Option(
        help="What finds faces; face-alignment fetches its weights at first use.",
        rich_help_panel="Machine",
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda[:N]",
        help="Where networks compute.",
        rich_help_panel="Machine",
    ),
]
InputsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", help="Videos, or folders with videos at any depth."),
]
SpeakersOption = Annotated[
    str,
    typer.Option(
        metavar="all|1,3|NAME=1",
        callback=check_with(read_speakers),
        help="Who is wanted, by the numbers that `avsep faces` shows; NAME=1 names the files.",
    ),
]
NamesOption = Annotated[
    str,
    typer.Option(
        metavar="NAME=1,NAME=2",
        callback=check_with(lambda text: read_names(text) and text),
        help="What speakers are called, by the numbers that `avsep faces` shows; kept for the"
        " next run in avsep.toml.",
    ),
]
SettingsOption = Annotated[
    str,
    typer.Option(
        metavar="FILE|none",
        help="File of settings, instead of the avsep.toml beside the recordings.",
    ),
]
PresetOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Settings that go together: subtitles, edit, or one of the file of settings.",
    ),
]
DivideOption = Annotated[
    list[str] | None,
    typer.Option(
        "--divide",
        metavar="N=FROM-TO,...",
        callback=check_all_with(read_divisions),
        help="Whoever is seen as speaker N in these ranges is somebody else, who gets the next"
        " number. May be given several times.",
    ),
]
VoiceOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=FILE|NAME=FROM-TO",
        callback=check_voice_samples,
        help="Give somebody whom nobody sees a voice too, by a sample of it: a file, or a range of"
        " the recording in which only they speak. May be given several times.",
    ),
]
FileNamesOption = Annotated[
    str,
    typer.Option(
        metavar="TEMPLATE",
        callback=check_with(read_template),
        help="What voices' files are called, of {input}, {speaker} and {number}.",
        rich_help_panel="Outputs",
    ),
]
OutputDirOption = Annotated[
    Path,
    typer.Option(
        "--output-dir",
        "-o",
        help="Where each video gets a folder of its own.",
        rich_help_panel="Outputs",
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="File format of the voices; M4A (AAC) and MP3 lose something.",
        rich_help_panel="Outputs",
    ),
]
SampleFormatOption = Annotated[
    SampleFormat | None,
    typer.Option(
        help="Bits of the voices' samples; by default float in WAV, 24 in FLAC and AIFF.",
        rich_help_panel="Outputs",
    ),
]
LoudnessOption = Annotated[
    bool,
    typer.Option(
        "--loudness",
        help="Bring each voice to the level of EBU R128, -23 LUFS.",
        rich_help_panel="Outputs",
    ),
]
LanguageOption = Annotated[
    str,
    typer.Option(
        metavar="CODE",
        callback=check_with(find_language),
        help="What is spoken, like en or de, for subtitles and --mkv; else it is found out.",
        rich_help_panel="Subtitles",
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
SoundOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Sound that was recorded by itself, instead of the video's own.",
    ),
]
SameEventOption = Annotated[
    bool,
    typer.Option(
        "--same-event",
        help="The videos show one event: the first gives the sound, all of them the lips.",
    ),
]
SoundOffsetOption = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Where in the video the sound of --sound begins, negative if before it; by default"
        " it is found.",
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
ModelOption = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="Bundled weights, or a checkpoint.",
        rich_help_panel="Machine",
    ),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        help="Precision of the network's sums; auto takes bf16 where that is faster.",
        rich_help_panel="Machine",
    ),
]
PassesOption = Annotated[
    int | None,
    typer.Option(
        metavar="1|2",
        min=1,
        max=2,
        help="How often the network separates: twice is clearer, once is faster.",
        rich_help_panel="Machine",
    ),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Spread the recordings over this Ray cluster, whose machines share the files.",
        rich_help_panel="Machine",
    ),
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        help="Recordings at a time, each in its own process.",
        rich_help_panel="Machine",
    ),
]
WatchOption = Annotated[
    bool,
    typer.Option(
        "--watch", help="Go on for ever: split whatever arrives in the folders, once it is whole."
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
]
SheetOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw everybody's face into a PNG or JPEG picture."),
]
