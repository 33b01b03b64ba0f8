"""The products' options as those of a command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from avsep.cli.checks import check_with
from avsep.product import Parameter, find_products


def offer_products(after: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of all products, instead of its ``**asked``.

    Args:
        after: The parameter behind which they stand in the help.
    """

    def offer(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def offered(*values: Any, **named: Any) -> None:  # noqa: ANN401 - any command's
            command(*values, **named)

        signature = _extend(inspect.signature(command, eval_str=True), after)
        parameters = signature.parameters.values()
        # By these typer knows what a command takes.
        offered.__signature__ = signature  # type: ignore[attr-defined]
        offered.__annotations__ = {each.name: each.annotation for each in parameters}
        return offered

    return offer


def read_products(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for, as `Options` takes it.

    Args:
        asked: Values of the products' parameters by name.
    """
    return {
        product.name: product.read(**{each.name: asked[each.name] for each in product.parameters})
        for product in find_products()
        if product.parameters
    }


def _extend(signature: inspect.Signature, after: str) -> inspect.Signature:
    own = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    place = [parameter.name for parameter in own].index(after) + 1
    theirs = [_offer(each) for product in find_products() for each in product.parameters]
    return signature.replace(parameters=[*own[:place], *theirs, *own[place:]])


def _offer(parameter: Parameter) -> inspect.Parameter:
    """A product's parameter as one that typer understands."""
    option = typer.Option(
        f"--{parameter.name.replace('_', '-')}",
        help=parameter.help.replace("[", "\\["),
        metavar=parameter.metavar,
        min=parameter.least,
        callback=check_with(parameter.read) if parameter.read else None,
        rich_help_panel=parameter.panel,
    )
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=parameter.default,
        annotation=Annotated[type(parameter.default), option],
    )
