"""Work for a thread of its own: items made ahead, and things done behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# How many are usually made ahead, and how many bytes they may take.
MOST, BYTES = 6, 2**24
_END = object()


def ahead(items: Iterable[T], size: int, times: int = 1) -> Generator[T, None, None]:
    """The items in order, some of them made while the one before is worked on.

    What makes them runs in one thread, never twice at once. Close this generator before what
    makes the items: that waits for the one being made.

    Args:
        items: Whatever takes time to make, and lets other threads run meanwhile.
        size: Bytes of an item.
        times: As many as are usually made ahead, and as many bytes.
    """
    making = iter(items)
    most = max(1, min(times * MOST, times * BYTES // size))
    pool = ThreadPoolExecutor(1)
    try:
        coming = deque([pool.submit(next, making, _END)])
        while (item := coming.popleft().result()) is not _END:
            while len(coming) < most:
                coming.append(pool.submit(next, making, _END))
            yield item  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)


class Behind:
    """Does one thing at a time in a thread while whoever asked for it goes on."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._doing: Future[None] | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Have it done, once what was asked for before is."""
        self.wait()
        self._doing = self._pool.submit(work)

    def wait(self) -> None:
        """Until nothing is being done; what went wrong in it goes wrong here."""
        doing, self._doing = self._doing, None
        if doing is not None:
            doing.result()

    def close(self) -> None:
        """Wait as well, and let go of the thread."""
        self._pool.shutdown()
