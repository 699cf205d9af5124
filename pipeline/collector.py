"""Python's garbage collector, and when it is in the way."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collector() -> Iterator[None]:
    """Spare Python looking for cycles among millions of rows again and again: there are none, and
    it would take a fifth to a third of the time. Also a decorator. What is no longer referred to is
    freed all the same."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
