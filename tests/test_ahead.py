"""Items are made while others are worked on."""

import threading
import time
from collections.abc import Iterator

import pytest

from avsep.ahead import BYTES, MOST, Behind, ahead


def test_items_come_in_order_from_another_thread() -> None:
    makers = set()

    def make() -> Iterator[int]:
        for number in range(20):
            makers.add(threading.current_thread())
            yield number

    assert list(ahead(make(), 1)) == list(range(20))
    assert len(makers) == 1
    assert threading.current_thread() not in makers


@pytest.mark.parametrize(("size", "most"), [(1, MOST), (BYTES // 2, 2), (2 * BYTES, 1)])
def test_no_more_are_made_ahead_than_may_lie_about(size: int, most: int) -> None:
    made = []
    items = ahead((made.append(number) or number for number in range(50)), size)
    for taken in range(3):
        assert next(items) == taken
        time.sleep(0.05)
        assert len(made) == taken + 1 + most
    items.close()


def test_a_fault_of_the_maker_comes_where_its_item_would() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise OSError("torn")

    items = ahead(fail(), 1)
    assert next(items) == 1
    with pytest.raises(OSError, match="torn"):
        next(items)


def test_closing_waits_for_what_is_being_made() -> None:
    running = threading.Event()
    ended = []

    def make() -> Iterator[int]:
        yield 0
        running.set()
        time.sleep(0.1)
        ended.append(True)
        yield 1
        pytest.fail("asked for more than it may lie about")

    items = ahead(make(), 1)
    next(items)
    running.wait(5)
    items.close()
    assert ended


def test_work_behind_is_done_in_order_and_fails_where_it_is_waited_for():
    behind, done = Behind(), []

    def fail():
        raise ValueError("no")

    behind.wait()
    behind.do(lambda: done.append(1))
    behind.do(lambda: done.append(2))
    behind.wait()
    assert done == [1, 2]
    behind.do(fail)
    with pytest.raises(ValueError, match="no"):
        behind.do(lambda: done.append(3))
    behind.wait()
    behind.do(lambda: done.append(4))
    behind.close()
    assert done == [1, 2, 4]
