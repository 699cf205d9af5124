"""Batches shrink until they fit, nothing is lost, and the order stays."""

from collections.abc import Iterator

import pytest
import torch

from pipeline.models.batches import DoesNotFit, in_batches

CPU_MESSAGE = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 4000000000 bytes. Error code 12 (Cannot allocate memory)"
)


class Machine:
    """Doubles numbers, and has room for `room` at a time."""

    def __init__(self, room: int, error: Exception) -> None:
        self.room = room
        self.error = error
        self.sizes: list[int] = []
        self.notes: list[str] = []

    def run(self, batch: list[int]) -> list[int]:
        self.sizes.append(len(batch))
        if len(batch) > self.room:
            raise self.error
        return [2 * number for number in batch]


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError(CPU_MESSAGE), MemoryError()],
)
def test_a_batch_that_does_not_fit_is_halved_until_it_does(error: Exception) -> None:
    machine = Machine(room=2, error=error)
    results = list(in_batches(range(20), 8, machine.run, machine.notes.append))
    assert results == [(number, 2 * number) for number in range(20)]
    assert machine.sizes == [8, 4] + [2] * 10


def test_one_note_tells_of_all_halvings() -> None:
    machine = Machine(room=2, error=MemoryError())
    list(in_batches(range(20), 8, machine.run, machine.notes.append))
    assert machine.notes == ["A batch of 8 did not fit in memory; went on with batches of 2."]


def test_batches_that_fit_are_left_as_they_are() -> None:
    machine = Machine(room=8, error=MemoryError())
    list(in_batches(range(20), 8, machine.run, machine.notes.append))
    assert machine.sizes == [8, 8, 4]
    assert machine.notes == []


def test_an_item_that_does_not_fit_alone_is_a_result_and_the_rest_goes_on() -> None:
    def run(batch: list[int]) -> list[int]:
        if 3 in batch:
            raise MemoryError
        return batch

    results = dict(in_batches(range(6), 4, run, lambda note: None))
    assert isinstance(results.pop(3), DoesNotFit)
    assert results == {0: 0, 1: 1, 2: 2, 4: 4, 5: 5}


def test_a_real_allocation_that_fails_is_recognised() -> None:
    def run(batch: list[int]) -> list[int]:
        torch.empty(1 << 50 if len(batch) > 1 else 1, dtype=torch.uint8)
        return batch

    assert list(in_batches([1, 2], 2, run, lambda note: None)) == [(1, 1), (2, 2)]


def test_other_errors_are_not_swallowed() -> None:
    machine = Machine(room=0, error=RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        list(in_batches([1], 1, machine.run, machine.notes.append))


def test_items_are_drawn_only_as_they_are_needed() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    results = in_batches(source(), 4, lambda batch: batch, lambda note: None)
    next(results)
    assert len(drawn) == 4
