"""The commands: read options, print results, decide on the exit status, and nothing else.

Whatever computes is imported by the command that needs it, so that help comes at once.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from avsep.choices import Detector, Format, Precision
from avsep.cli.beds import GroupOption, KeepOption, OthersOption
from avsep.cli.follow import follow
from avsep.cli.negations import Switchable
from avsep.cli.options import (
    AudioStreamOption,
    DetectorOption,
    DeviceOption,
    DivideOption,
    DryRunOption,
    FileNamesOption,
    ForceOption,
    FormatOption,
    InputsArgument,
    JobsOption,
    JsonOption,
    LanguageOption,
    LoudnessOption,
    ModelOption,
    NamesOption,
    OutputDirOption,
    PassesOption,
    PrecisionOption,
    PresetOption,
    QuietOption,
    RayOption,
    SameEventOption,
    SampleFormatOption,
    SettingsOption,
    SheetOption,
    SoundOffsetOption,
    SoundOption,
    SpeakersOption,
    VerboseOption,
    VersionOption,
    VideoStreamOption,
    VoiceOption,
    WatchOption,
)
from avsep.cli.page import page
from avsep.cli.parts import (
    FromOption,
    HandlesOption,
    PreviewOption,
    RangeOption,
    ToOption,
    WholeOption,
)
from avsep.cli.products import offer_products
from avsep.cli.screen import Screen
from avsep.cli.siblings import get_split
from avsep.cli.stdio import prepare_streams
from avsep.cli.training import assemble, evaluate, pack, prepare, train
from avsep.errors import TERMINATED, AvsepError, ModelError
from avsep.names import EVERYBODY
from avsep.options import Options
from avsep.refusals import explain

USUAL = Options()  # what is meant where nothing is said
USUAL_FORMAT = Format(USUAL.suffix.removeprefix("."))
FAILED, INTERRUPTED = 1, 130


class Commands(TyperGroup):
    """All commands; the one place where an expected failure becomes a sentence."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer brings a click of its own
        """Run a command."""
        with Screen() as screen:
            ctx.obj = screen
            try:
                return super().invoke(ctx)
            except AvsepError as error:
                screen.show_error(error)
                raise typer.Exit(FAILED) from error
            except Exception as error:
                known = explain(error)
                if known is None:
                    raise
                screen.show_error(known)
                raise typer.Exit(FAILED) from error
            except KeyboardInterrupt as stop:
                screen.stop_bar()
                screen.note("interrupted")
                raise typer.Exit(INTERRUPTED) from stop


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def start(
    context: typer.Context,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    version: VersionOption = False,
) -> None:
    """Give every visible speaker of a video a voice of their own."""
    del version
    if verbose and quiet:
        raise typer.BadParameter("--verbose and --quiet contradict each other")
    context.obj.set_verbosity(verbose - quiet)


@app.command(cls=Switchable)
@offer_products(after="loudness")
def split(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    inputs: InputsArgument,
    *,
    speakers: SpeakersOption = EVERYBODY,
    names: NamesOption = "",
    divide: DivideOption = None,
    voice: VoiceOption = None,
    file_names: FileNamesOption = USUAL.file_names,
    output_dir: OutputDirOption = Path("voices"),
    format_: FormatOption = USUAL_FORMAT,
    sample_format: SampleFormatOption = None,
    loudness: LoudnessOption = USUAL.loudness,
    language: LanguageOption = USUAL.language or "",
    audio_stream: AudioStreamOption = USUAL.audio_stream or "",
    same_event: SameEventOption = False,
    sound: SoundOption = None,
    sound_offset: SoundOffsetOption = None,
    video_stream: VideoStreamOption = USUAL.video_stream or "",
    from_: FromOption = "",
    to: ToOption = "",
    range_: RangeOption = None,
    handles: HandlesOption = "0",
    whole: WholeOption = USUAL.whole,
    preview: PreviewOption = USUAL.preview,
    others: OthersOption = USUAL.others,
    keep: KeepOption = USUAL.keep,
    group: GroupOption = None,
    model: ModelOption = "base",
    detector: DetectorOption = Detector.AUTO,
    device: DeviceOption = "auto",
    precision: PrecisionOption = Precision.AUTO,
    passes: PassesOption = None,
    jobs: JobsOption = 1,
    ray: RayOption = None,
    settings: SettingsOption = "",
    preset: PresetOption = "",
    force: ForceOption = USUAL.force,
    watch: WatchOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    **asked: Any,  # noqa: ANN401 - of the products
) -> None:
    """Write one voice for each visible speaker, and the rest of the sound.

    Videos that an earlier run has finished are skipped.
    """
    from avsep.cli.split import run_split

    # The context holds the values of all options, and knows which of them were given.
    run_split(context, inputs)


@app.command(name="settings")
def show_settings(
    context: typer.Context,
    recording: Annotated[
        Path | None,
        typer.Argument(metavar="RECORDING", help="A video, or a folder: by default this one."),
    ] = None,
    *,
    settings: SettingsOption = "",
    preset: PresetOption = "",
    json: JsonOption = False,
) -> None:
    """Print what `avsep split` would do with a recording, option by option, and who says so."""
    from avsep.cli.show_settings import describe_settings

    screen: Screen = context.obj
    split = get_split(context)
    given = {"settings": settings, "preset": preset} if preset else {"settings": settings}
    shown = describe_settings(split, recording or Path(), given)
    if json:
        screen.show_json(shown)
        return
    rows = [(key, entry["shown"], entry["whence"]) for key, entry in shown.items()]
    screen.show_table(("option", "value", "whence"), rows)


@app.command()
def faces(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A video.")],
    *,
    sheet: SheetOption = None,
    names: NamesOption = "",
    divide: DivideOption = None,
    video_stream: VideoStreamOption = "",
    from_: FromOption = "",
    to: ToOption = "",
    range_: RangeOption = None,
    detector: DetectorOption = Detector.AUTO,
    device: DeviceOption = "auto",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Show who is visible: number, name, and when."""
    from avsep.cli.faces import show_faces

    show_faces(context, source, get_split(context))


@app.command()
def models(context: typer.Context, json: JsonOption = False) -> None:
    """List the bundled weights."""
    from avsep.model.checkpoint import describe_weights

    screen: Screen = context.obj
    listed = describe_weights()
    if json:
        screen.show_json(listed)
        return
    for weights in listed:
        rows = [
            ("file", weights["path"]),
            ("size", f"{weights['bytes'] / 1e6:.1f} MB"),
            ("parameters", f"{weights['parameters']:,}"),
            ("sha256", weights["sha256"]),
            *((f"config {key}", value) for key, value in weights["config"].items()),
        ]
        screen.show_table(("name", weights["name"]), rows)
    if not listed:
        raise ModelError("no weights are bundled", hint="pip install --force-reinstall avsep")


@app.command()
def doctor(context: typer.Context, json: JsonOption = False) -> None:
    """Say what of the machine and the installation is right or missing, and what mends it."""
    from avsep.cli.doctor import examine, is_fit

    screen: Screen = context.obj
    checks = list(screen.watch(examine(Path()), "examining", 0))
    if json:
        screen.show_json([asdict(check) for check in checks])
    else:
        rows = [(check.state, check.what, check.found, check.mend) for check in checks]
        screen.show_table(("state", "what", "found", "what mends it"), rows)
    if not is_fit(checks):
        raise typer.Exit(FAILED)


for command in (follow, page, prepare, pack, train, assemble, evaluate):
    app.command()(command)


def main() -> None:
    """Run the command line; a polite kill cleans up as an exit does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    prepare_streams()
    try:
        app()
    except AvsepError as error:  # of help and version, which are printed before a command runs
        Screen().show_error(error)
        raise SystemExit(FAILED) from error
