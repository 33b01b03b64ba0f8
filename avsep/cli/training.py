"""The commands around weights: make training sets, train, score; `app` has the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from avsep.cli.options import DeviceOption, JsonOption, ModelOption
from avsep.cli.results import report_prepared
from avsep.cli.screen import Screen
from avsep.errors import DataError, SettingError

HINT = "Give another --output."


def prepare(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Videos of one face each, or sound files.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the training set.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at a time.")] = 1,
    lip_size: Annotated[
        int,
        typer.Option(min=16, help="Side of the mouth pictures the network sees; full takes 112."),
    ] = 64,
) -> None:
    """Turn a folder of recordings into a training set; a broken run goes on where it stopped."""
    from avsep.outputs.folder import writing_to
    from avsep.training.clips import SUFFIX
    from avsep.training.preparation import DIED, count_missing
    from avsep.training.preparation import prepare as convert

    screen: Screen = context.obj
    total = count_missing(folder, output)
    with writing_to(output, HINT):
        reports = list(screen.follow(convert(folder, output, jobs, lip_size), "preparing", total))
    stored = report_prepared(screen, reports, output)
    if lost := sum(report.kind == DIED for report in reports):
        raise DataError(
            f"{lost} of {len(reports)} files were lost with the processes that worked on them",
            hint="Take fewer --jobs: the same command does what lacks.",
        )
    if reports and not stored and not any(output.rglob(f"*{SUFFIX}")):
        raise DataError(f"nothing in {folder} could be used", hint="avsep -v prepare names all.")


def pack(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    faces: Annotated[Path, typer.Argument(metavar="FACES", help="Prepared faces.")],
    voices: Annotated[Path, typer.Argument(metavar="VOICES", help="Prepared voices.")],
    noise: Annotated[Path, typer.Argument(metavar="NOISE", help="Prepared backgrounds.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to make.")],
    *,
    size: Annotated[
        float, typer.Option(min=0.0, help="MiB at most: long people are cut; 0 for all.")
    ] = 0.0,
    kbit: Annotated[int, typer.Option(min=8, max=128, help="Opus, kbit/s of each voice.")] = 24,
    in_step: Annotated[
        str, typer.Option(help="Corpora of faces surely in step; others' delays are found.")
    ] = "",
    model: ModelOption = "base",
    device: DeviceOption = "auto",
) -> None:
    """Put prepared sets into one file that travels, with what the lips say."""
    from avsep.device import choose_device
    from avsep.model.checkpoint import load_model
    from avsep.outputs.folder import writing_to
    from avsep.training.clip_delays import find_delays
    from avsep.training.pack import write_pack
    from avsep.training.packing import gather_faces, gather_noise, gather_voices, opus_encoder

    screen: Screen = context.obj
    network = load_model(model, choose_device(device))
    corpora = [name.strip() for name in in_step.split(",") if name.strip()]
    groups = gather_voices([voices])
    delays = find_delays(network, [faces], corpora, screen.watch)
    people, lips = gather_faces(network, [faces], delays, screen.watch)
    groups["voices"] |= people
    groups["noise"] = gather_noise([noise])
    most = int(size * 2**20) or None
    with writing_to(output, HINT):
        write_pack(output, groups, lips, opus_encoder(kbit * 1000), most, kbit * 1000)
    screen.show_line(f"{output}: {len(groups['voices'])} voices, {len(people)} of them faces")


def assemble(
    context: typer.Context,
    separators: Annotated[
        list[Path],
        typer.Argument(metavar="SEPARATOR", help="Trained weights; of several, their mean."),
    ],
    packed: Annotated[Path, typer.Option("--pack", help="The pack they were trained on.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Checkpoint to make.")],
    model: ModelOption = "base",
) -> None:
    """Join a trained separator with the lip reader that told it."""
    from avsep.model.checkpoint import load_model, save_model
    from avsep.outputs.folder import writing_to
    from avsep.training.assembly import assemble as join
    from avsep.training.pack import open_pack

    screen: Screen = context.obj
    network = join(load_model(model), open_pack(packed).lips, *separators)
    with writing_to(output, HINT):
        save_model(network, output)
    screen.show_line(str(output))


def train(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="Recipe of the run.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Run folder; by default runs/ and the recipe's name."),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of a run that learns at the same time on another core, with another"
            " --seed: they share their weights. Of band separators only.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of all that is drawn, instead of the recipe's.")
    ] = None,
) -> None:
    """Train a network; a broken run goes on where it stopped."""
    from avsep.outputs.folder import writing_to
    from avsep.training.checks import check_recipe, check_same
    from avsep.training.loop import find_begun
    from avsep.training.loop import train as learn
    from avsep.training.recipe import read_recipe
    from avsep.training.separator_recipe import is_separator_recipe, read_separator_recipe
    from avsep.training.separator_stage import train_separator

    screen: Screen = context.obj
    folder = output or Path("runs") / config.stem
    if is_separator_recipe(config):
        separator = read_separator_recipe(config)
        if seed is not None:
            separator = replace(separator, plan=replace(separator.plan, seed=seed))
        with writing_to(folder, HINT):
            screen.show_line(str(train_separator(separator, folder, beside or [])))
        return
    if beside or seed is not None:
        raise SettingError(
            f"--beside and --seed are for band separators, which {config} doesn't train",
            hint="Leave them out, or name a recipe like weights/bands.toml.",
        )
    recipe = read_recipe(config)
    check_recipe(recipe)
    followed = folder / "recipe.toml"
    if followed.exists():
        check_same(read_recipe(followed), recipe, find_begun(recipe, folder))
    with writing_to(folder, HINT):
        folder.mkdir(parents=True, exist_ok=True)
        followed.write_bytes(config.read_bytes())
        screen.show_line(str(learn(recipe, folder, screen.follow)))


def evaluate(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    sets: Annotated[
        list[Path], typer.Argument(metavar="SET", help="Prepared faces, not learnt from.")
    ],
    *,
    mixtures: Annotated[
        Path,
        typer.Option(help="List of mixtures; drawn and written if there is no such file."),
    ] = Path("mixtures.json"),
    in_step: Annotated[
        str, typer.Option(help="Corpora surely in step; others' delays are found when drawing.")
    ] = "",
    noise: Annotated[
        Path | None,
        typer.Option(help="Prepared noise behind mixtures that are drawn, or listed with it."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for scores.json and scores.png.")
    ] = None,
    recogniser: Annotated[
        str, typer.Option(metavar="SIZE|FOLDER", help="Count word errors too, by this recogniser.")
    ] = "",
    model: ModelOption = "base",
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Score a network on listed mixtures of two to five voices, with right and wrong lips."""
    try:
        from avsep.evaluation import bench
    except ModuleNotFoundError as error:
        raise SettingError(
            f"scoring needs the package {error.name}", hint="pip install 'avsep[eval]'"
        ) from error
    from avsep.device import choose_device, use_threads
    from avsep.evaluation.drawing import find_mixtures
    from avsep.evaluation.tables import tabulate
    from avsep.model.checkpoint import load_model
    from avsep.outputs.folder import writing_to
    from avsep.speech.whisper import load_recogniser

    screen: Screen = context.obj
    place = choose_device(device)
    network = load_model(model, place)
    recognise = load_recogniser(recogniser, None, place) if recogniser else None
    if output is not None:
        with writing_to(output, HINT):
            output.mkdir(parents=True, exist_ok=True)
    corpora = [name.strip() for name in in_step.split(",")]
    with use_threads():
        listed = find_mixtures(network, mixtures, sets, corpora, noise, screen.watch)
        heard = [*sets, noise] if noise else sets
        scores = bench.evaluate(network, listed, heard, screen.watch, recognise)
    if output is not None:
        with writing_to(output, HINT):
            bench.write_scores(scores, output)
    if json:
        screen.show_json(scores.describe())
        return
    for columns, rows in tabulate(scores):
        screen.show_table(columns, rows)
