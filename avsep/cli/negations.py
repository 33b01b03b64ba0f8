"""Switches that can be switched off: `--no-video` where a file of settings says ``video``."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Switchable(TyperCommand):
    """A command whose every switch ``--x`` is taken back by ``--no-x``."""

    def make_parser(self, ctx: Any) -> Any:  # noqa: ANN401 - typer brings a click of its own
        """The parser, with words that the help need not list."""
        parser: Any = super().make_parser(ctx)
        for parameter in self.get_params(ctx):
            if getattr(parameter, "is_flag", False) and parameter.expose_value:
                words = [f"--no-{word[2:]}" for word in parameter.opts if word.startswith("--")]
                parser.add_option(
                    obj=parameter,
                    opts=words,
                    dest=parameter.name,
                    action="store_const",
                    const=False,
                )
        return parser
