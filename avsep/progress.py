"""The progress hook: long stages pass their items through it, so that somebody can show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Watch(Protocol):
    """Passes items through, of which there will be about ``total``."""

    def __call__(self, items: Iterable[T], what: str, total: int, /) -> Iterable[T]:
        """Show how far the stage called ``what`` is."""


def watch_silently(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """The hook that shows nothing."""
    del what, total
    return items
