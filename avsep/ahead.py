"""Items made by a thread of their own while the one before is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# How many are made ahead, and how many bytes they may take.
MOST, BYTES = 6, 2**24
_END = object()


def ahead(items: Iterable[T], size: int) -> Generator[T, None, None]:
    """The items in order, some of them made while the one before is worked on.

    What makes them runs in one thread, never twice at once. Close this generator before what
    makes the items: that waits for the one being made.

    Args:
        items: Whatever takes time to make, and lets other threads run meanwhile.
        size: Bytes of an item.
    """
    making = iter(items)
    most = max(1, min(MOST, BYTES // size))
    pool = ThreadPoolExecutor(1)
    try:
        coming = deque([pool.submit(next, making, _END)])
        while (item := coming.popleft().result()) is not _END:
            while len(coming) < most:
                coming.append(pool.submit(next, making, _END))
            yield item  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)
