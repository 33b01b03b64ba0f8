"""Which products are made of a separated recording, in which order, and which could not be."""

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
from avsep.outputs.mkv import write_mkv
from avsep.outputs.replay.video import write_replay
from avsep.outputs.rttm import write_rttm
from avsep.outputs.subtitles import write_subtitles
from avsep.outputs.video import write_videos
from avsep.refusals import explain
from avsep.separation.recording import Separation

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of files that are made of a separated recording.

    Attributes:
        name: That of the option which asks for it.
        make: Writes files, says which.
    """

    name: str
    make: Callable[[Separation], list[Path]]


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


def choose_products(options: Options) -> list[Product]:
    """Everything that is wanted beside the voices; later products may use files of earlier."""
    products = [Product("rttm", write_rttm)]
    if options.subtitles:
        write = partial(write_subtitles, formats=options.subtitles.formats)
        products.append(Product("subtitles", write))
    if options.video:
        products.append(Product("video", write_videos))
    if options.mkv:
        products.append(Product("mkv", write_mkv))
    if options.replay:
        wanted = options.replay
        write = partial(write_replay, shortest=wanted.shortest, gap=wanted.gap)
        products.append(Product("replay", write))
    if options.report:
        products.append(Product("report", _write_report))
    return products


def make_products(separation: Separation, options: Options, failures: Failures) -> list[Path]:
    """Make everything that is wanted and can be made; what has failed before is left out."""
    files: list[Path] = []
    for product in choose_products(options):
        if product.name not in failures.errors:
            make = partial(product.make, separation)
            files += failures.keep(product.name, separation.folder, make, [])
    return files


def _write_report(separation: Separation) -> list[Path]:
    # Loading what draws takes half a second, which others need not wait.
    from avsep.outputs.report.page import write_report

    return write_report(separation)


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
