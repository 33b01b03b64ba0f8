"""The commands around weights: make training sets, train, score; `avsep.cli` has the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avsep.console import Screen
from avsep.errors import DataError, SettingError
from avsep.options import DeviceOption, JsonOption, ModelOption
from avsep.reporting import report_prepared

HINT = "Give another --output."


def prepare(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Videos of one face each, or sound files.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the training set.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at a time.")] = 1,
) -> None:
    """Turn a folder of recordings into a training set; a broken run goes on where it stopped."""
    from avsep.placing import writing_to
    from avsep.training.prepare import count_missing
    from avsep.training.prepare import prepare as convert

    screen: Screen = context.obj
    total = count_missing(folder, output)
    with writing_to(output, HINT):
        reports = list(screen.follow(convert(folder, output, jobs), "preparing", total))
    stored = report_prepared(screen, reports, output)
    if reports and not stored:
        raise DataError(f"nothing in {folder} could be used", hint="avsep -v prepare names all.")


def train(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="Recipe of the run.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Run folder; by default runs/ and the recipe's name."),
    ] = None,
) -> None:
    """Train a network; a broken run goes on where it stopped."""
    from avsep.placing import writing_to
    from avsep.training.checks import check_recipe, check_same
    from avsep.training.loop import find_begun
    from avsep.training.loop import train as learn
    from avsep.training.recipe import read_recipe

    screen: Screen = context.obj
    recipe = read_recipe(config)
    check_recipe(recipe)
    folder = output or Path("runs") / config.stem
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
    from avsep.computing import choose_device, use_threads
    from avsep.evaluation.mixtures import find_mixtures
    from avsep.evaluation.tables import tabulate
    from avsep.model import load_model
    from avsep.placing import writing_to
    from avsep.recognising import load_recogniser

    screen: Screen = context.obj
    use_threads()
    place = choose_device(device)
    network = load_model(model, place)
    recognise = load_recogniser(recogniser, None, place) if recogniser else None
    if output is not None:
        with writing_to(output, HINT):
            output.mkdir(parents=True, exist_ok=True)
    corpora = [name.strip() for name in in_step.split(",")]
    listed = find_mixtures(network, mixtures, sets, corpora, screen.watch)
    scores = bench.evaluate(network, listed, sets, screen.watch, recognise)
    if output is not None:
        with writing_to(output, HINT):
            bench.write_scores(scores, output)
    if json:
        screen.show_json(scores)
        return
    for columns, rows in tabulate(scores):
        screen.show_table(columns, rows)
