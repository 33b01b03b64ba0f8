"""The progress hook: long stages pass their items through it, so that somebody can show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Passes items through, of which there will be about ``total``."""

    def __call__(self, items: Iterable[T], what: str, total: int, /) -> Iterable[T]:
        """Show how far the stage called ``what`` is."""


def no_progress(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """The hook that shows nothing."""
    del what, total
    return items


def progress_bar(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """The hook that draws a bar on standard error, which goes when the stage is done."""
    from tqdm import tqdm  # others need not wait for it

    yield from tqdm(items, what, total or None, leave=False)
