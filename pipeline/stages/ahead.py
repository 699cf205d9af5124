"""Preparing what comes next while the model works."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import TypeVar

T = TypeVar("T")


class _End:
    """There are no more items."""


_END = _End()


@dataclass(frozen=True)
class _Raised:
    error: BaseException


def ahead(items: Iterable[T], size: int) -> Generator[T, None, None]:
    """The same items in the same order, drawn by a thread that keeps at most `size` of them ready.

    What drawing raises is raised here, where its item would have come. The thread ends with the
    items, or when this iterator is closed.
    """
    source = iter(items)
    room = Semaphore(size)
    ready: SimpleQueue[T | _End | _Raised] = SimpleQueue()
    closed = Event()

    def draw() -> None:
        try:
            while room.acquire() and not closed.is_set():
                item = next(source, _END)
                ready.put(item)
                if item is _END:
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by the iterator
            ready.put(_Raised(error))

    thread = Thread(target=draw, name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            if isinstance(item, _Raised):
                raise item.error
            room.release()
            yield item
    finally:
        closed.set()
        room.release()
        thread.join()
