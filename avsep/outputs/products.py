"""Making the products that are wanted, and keeping what could not be made."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from avsep.errors import AvsepError
from avsep.options import Options
from avsep.outputs.folder import writing_to
from avsep.product import choose_products
from avsep.refusals import explain
from avsep.separation.recording import Separation

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Failures:
    """What could not be made although it was wanted: it costs nothing of what is finished.

    Attributes:
        output: Where results go, as the user knows it.
        errors: By the name of the product.
    """

    output: Path
    errors: dict[str, Exception] = field(default_factory=dict)

    def keep(self, name: str, folder: Path, make: Callable[[], T], otherwise: T) -> T:
        """What is made; or something else, if that fails, without the files that were begun.

        Args:
            name: Of the product.
            folder: Where it is made.
            make: Makes it.
            otherwise: What counts as made in case of failure.
        """
        before = set(folder.iterdir())
        try:
            with writing_to(self.output, "Give another --output-dir."):
                return make()
        except Exception as error:  # noqa: BLE001
            # Even where it is a mistake of ours, hours of work are finished: `find_mistake`.
            self.errors[name] = _settle(error)
            _log.debug("%s could not be made", name, exc_info=True)
            _remove(set(folder.iterdir()) - before)
            return otherwise

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why, by the name of the product."""
        return {name: str(error) for name, error in self.errors.items()}

    def find_mistake(self) -> Exception | None:
        """A failure that is no expected one, if there is any."""
        failures = self.errors.values()
        return next((error for error in failures if not isinstance(error, AvsepError)), None)


def make_products(separation: Separation, options: Options, failures: Failures) -> list[Path]:
    """Make everything that is wanted and can be made; what has failed before is left out.

    Each product is told what those before it have written.
    """
    made: dict[str, list[Path]] = {}
    for product in choose_products(options):
        if product.name not in failures.errors:
            make = partial(product.make, separation, product.get_asked(options), dict(made))
            made[product.name] = failures.keep(product.name, separation.folder, make, [])
    return [path for files in made.values() for path in files]


def _settle(error: Exception) -> Exception:
    """An expected failure without what was at work when it came; a mistake as it is."""
    known = error if isinstance(error, AvsepError) else explain(error)
    if known is None:
        return error
    known.__cause__ = known.__context__ = None
    return known.with_traceback(None)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
