"""Running a model over many items in batches that fit into memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import torch

T = TypeVar("T")
U = TypeVar("U")

_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""What PyTorch's RuntimeErrors say on CUDA and MPS, on a CPU under Linux, on a CPU under Windows,
and where cuBLAS found no room for its workspace."""


@dataclass(frozen=True)
class DoesNotFit:
    """The result of an item that ran out of memory even alone. `detail` is a line for people."""

    detail: str


def in_batches(
    items: Iterable[T],
    size: int,
    run: Callable[[list[T]], list[U]],
    note: Callable[[str], None],
) -> Iterator[tuple[T, U | DoesNotFit]]:
    """Each item with its result, in order; `run` gets at most `size` items at a time.

    A batch that runs out of memory is halved until it fits, and the smaller size is kept for what
    follows; `note` is told once it fits. Items are drawn only as they are needed, so at most
    `size` of them are held.
    """
    source = iter(items)
    waiting: list[T] = []
    failed = 0
    while waiting := [*waiting, *islice(source, max(0, size - len(waiting)))]:
        batch = waiting[:size]
        results = _attempt(run, batch)
        if results is None and len(batch) > 1:
            failed = failed or len(batch)
            size = len(batch) // 2
            continue
        waiting = waiting[len(batch) :]
        if results is None:
            yield batch[0], DoesNotFit("the model ran out of memory on this clip alone")
            continue
        if failed:
            note(f"A batch of {failed} did not fit in memory; went on with batches of {size}.")
            failed = 0
        yield from zip(batch, results, strict=True)


def _attempt(run: Callable[[list[T]], list[U]], batch: list[T]) -> list[U] | None:
    try:
        return run(batch)
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
    # Only here, with the exception gone, are the tensors of the failed attempt free.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def _is_out_of_memory(error: RuntimeError | MemoryError) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(sign in str(error) for sign in _OUT_OF_MEMORY)
