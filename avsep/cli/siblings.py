"""Other commands than the one that runs."""

from __future__ import annotations

import typer


def get_split(context: typer.Context) -> typer.Context:
    """A context of `avsep split`, for commands that need to know its options."""
    assert context.parent is not None
    command = context.parent.command.get_command(context.parent, "split")  # type: ignore[attr-defined]
    return typer.Context(command, info_name="split", parent=context.parent)
