"""The command that opens the page for people without a terminal."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from avsep.cli.options import DeviceOption, ModelOption
from avsep.cli.screen import Screen
from avsep.cli.siblings import get_split
from avsep.errors import SettingError

LOCAL = "127.0.0.1"


def page(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER", help="Where videos lie, and dropped ones go; by default this one."
        ),
    ] = None,
    *,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Where results go; by default into each FOLDER."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 0,
    listen: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Let others reach it too, in a network you trust."),
    ] = LOCAL,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    model: ModelOption = "base",
    device: DeviceOption = "auto",
) -> None:
    """Open a page in the browser to split recordings without a terminal."""
    try:
        from avsep.page.serving import is_local, serve_page
    except ModuleNotFoundError as error:
        raise SettingError(
            f"the page needs the package {error.name}", hint="pip install 'avsep[page]'"
        ) from error
    from avsep.cli.page_settings import PageSettings
    from avsep.page.library import Library, check_folder
    from avsep.pipeline import SeparatorConfig

    screen: Screen = context.obj
    places = [check_folder(folder) for folder in folders or [Path()]]
    library = Library.of(places, output_dir.resolve() if output_dir else None)
    if not is_local(listen):
        screen.note(
            f"whoever has the address can reach this page at {listen}, unencrypted:"
            " keep to a network you trust"
        )

    def ready(address: str) -> None:
        screen.show_line(address)
        screen.note("Ctrl+C ends it")
        if not no_browser:
            webbrowser.open(address)

    usual = PageSettings(get_split(context), places)
    serve_page(library, SeparatorConfig(model, device), usual, listen, port, ready)
