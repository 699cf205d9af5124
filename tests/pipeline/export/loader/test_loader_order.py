"""The order of epochs: nothing lost, nothing twice, and nothing decides it but seed and epoch."""

from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest

from pipeline.export.loader.order import Order

ORDER = Order(
    (50, 30, 70, 20, 41), 8, seed=3, rank=0, world=1, shuffle=True, drop_last=True, window=2
)
TOTAL = 211


def ranks(order: Order, world: int, epoch: int = 0) -> list[list[int]]:
    each = (replace(order, rank=rank, world=world) for rank in range(world))
    return [one.of_epoch(epoch).tolist() for one in each]


def test_one_rank_gets_every_clip_once() -> None:
    assert sorted(ORDER.of_epoch(0)) == list(range(TOTAL))


def test_the_order_is_this_one_for_good() -> None:
    assert ORDER.of_epoch(0)[:6].tolist() == [186, 191, 26, 206, 46, 210]
    assert ORDER.of_epoch(1)[:6].tolist() == [131, 147, 126, 102, 36, 34]


def test_each_epoch_and_each_seed_has_another_order() -> None:
    orders = [ORDER.of_epoch(0), ORDER.of_epoch(1), replace(ORDER, seed=4).of_epoch(0)]
    assert len({tuple(order.tolist()) for order in orders}) == 3


@pytest.mark.parametrize("world", [2, 3, 7])
def test_ranks_share_without_overlap(world: int) -> None:
    shares = ranks(ORDER, world)
    assert {len(share) for share in shares} == {TOTAL // world}
    given = list(chain(*shares))
    assert len(set(given)) == len(given) == TOTAL // world * world


@pytest.mark.parametrize("world", [2, 3, 7])
def test_without_drop_last_no_clip_is_lost_and_few_come_twice(world: int) -> None:
    shares = ranks(replace(ORDER, drop_last=False), world)
    assert len({len(share) for share in shares}) == 1
    times = Counter(chain(*shares))
    assert set(times) == set(range(TOTAL))
    assert sum(times.values()) - TOTAL < world
    assert max(times.values()) <= 2


def test_other_clips_are_left_out_in_other_epochs() -> None:
    left_out = [set(range(TOTAL)) - set(chain(*ranks(ORDER, 4, epoch))) for epoch in range(5)]
    assert all(len(each) == 3 for each in left_out)
    assert len(set(map(frozenset, left_out))) > 1


def test_only_neighbouring_tars_are_mixed() -> None:
    tars = [tar for tar, count in enumerate(ORDER.clips) for _ in range(count)]
    row = [tars[number] for number in ORDER.of_epoch(0)]
    seen = [sorted(set(part)) for part in (row[:91], row[91:190], row[190:])]
    spans = {tar: (row.index(tar), len(row) - row[::-1].index(tar)) for tar in set(row)}
    open_at_once = [sum(a <= at < b for a, b in spans.values()) for at in range(len(row))]
    assert max(open_at_once) == 2, seen
    assert row != sorted(row, key=row.index)


def test_a_rank_reads_few_tars() -> None:
    order = replace(ORDER, clips=(10,) * 40, world=4)
    tars = {number // 10 for number in replace(order, rank=1).of_epoch(2).tolist()}
    assert len(tars) == 10


def test_unshuffled_is_the_order_of_the_tars() -> None:
    order = replace(ORDER, shuffle=False, drop_last=False)
    assert order.of_epoch(5).tolist() == list(range(TOTAL))
    assert list(chain(*ranks(order, 3)))[:TOTAL] == list(range(TOTAL))


def test_batches_are_counted_alike_on_every_rank() -> None:
    assert (ORDER.batches, replace(ORDER, drop_last=False).batches) == (26, 27)
    assert {replace(ORDER, rank=rank, world=4).batches for rank in range(4)} == {6}
