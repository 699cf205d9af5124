"""What comes next is prepared by a thread, and nothing else changes."""

import threading
from collections.abc import Iterator
from threading import Event, current_thread, main_thread

import pytest

from pipeline.stages.ahead import ahead


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


def test_items_come_in_order_and_from_another_thread() -> None:
    drawn_by = set()

    def source() -> Iterator[int]:
        for number in range(50):
            drawn_by.add(current_thread())
            yield number

    assert list(ahead(source(), 4)) == list(range(50))
    assert len(drawn_by) == 1
    assert main_thread() not in drawn_by
    assert threads() == []


def test_the_next_item_is_drawn_while_the_last_one_is_worked_on() -> None:
    drawn = [Event() for _ in range(3)]

    def source() -> Iterator[int]:
        for number in range(3):
            drawn[number].set()
            yield number

    items = ahead(source(), 2)
    next(items)
    assert drawn[1].wait(30)
    assert drawn[2].wait(30)
    items.close()


def test_no_more_than_the_given_number_is_kept_ready() -> None:
    drawn: list[int] = []
    fourth = Event()

    def source() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            if number == 3:
                fourth.set()
            yield number

    items = ahead(source(), 3)
    assert next(items) == 0
    assert fourth.wait(30)
    items.close()
    assert drawn == [0, 1, 2, 3]


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_an_error_comes_where_its_item_would_have_come(error: BaseException) -> None:
    def source() -> Iterator[int]:
        yield 0
        yield 1
        raise error

    items = ahead(source(), 5)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(type(error)) as caught:
        next(items)
    assert caught.value is error
    assert threads() == []


def test_the_thread_ends_when_the_items_are_not_wanted_any_more() -> None:
    closed = []

    def source() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    items = ahead(source(), 2)
    next(items)
    assert threads() == ["ahead"]
    del items
    assert threads() == []
    assert closed == [True]


def test_nothing_is_drawn_before_the_first_item_is_wanted() -> None:
    ahead(iter([1]), 1)
    assert threads() == []


def test_no_items_are_no_items() -> None:
    assert list(ahead([], 1)) == []
