"""The command line: the only room that knows Typer, rich, tqdm and exit codes."""

from __future__ import annotations

from avsep.cli.app import main

__all__ = ["main"]
