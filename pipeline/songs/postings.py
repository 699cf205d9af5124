"""An inverted index in memory: which items have which keys. Eight bytes an entry."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Entries = NDArray[np.uint64]
Numbers = NDArray[np.int64]

KEY_BITS, ITEM_BITS, PLACE_BITS = 24, 24, 16
_ITEM, _KEY = np.uint64(PLACE_BITS), np.uint64(ITEM_BITS + PLACE_BITS)
COMMON = 500
"""Entries of one key that a look-up takes. What silence or a famous song has in every copy must
not make a look-up slow: the first items that have it speak for the rest."""


class Postings:
    """Entries of key (24 bits), item (24 bits) and place within the item (16 bits).

    Entries lie in sorted runs, each at least twice as long as the next, so that adding costs a
    logarithmic share of sorting anew and a look-up few binary searches. Items are to be added in
    ascending order; then what a look-up finds does not depend on how the runs came about.
    """

    def __init__(self) -> None:
        self._runs: list[Entries] = []
        self._waiting: list[Entries] = []

    @property
    def nbytes(self) -> int:
        """Memory that the entries take."""
        return sum(run.nbytes for run in [*self._runs, *self._waiting])

    def add(self, item: int, keys: Numbers, places: Numbers) -> None:
        """Enter an item under each of its keys."""
        head = keys.astype(np.uint64) << _KEY | np.uint64(item) << _ITEM
        self._waiting.append(head | places.astype(np.uint64))

    def find(self, keys: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The first `COMMON` entries of each key.

        Returns:
            For each entry: the index into `keys`, the item, and the place.
        """
        self._settle()
        room = np.full(len(keys), COMMON)
        asked, found = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        low = keys.astype(np.uint64) << _KEY
        for run in self._runs:
            start = np.searchsorted(run, low)
            end = np.searchsorted(
                run, low | np.uint64((1 << (ITEM_BITS + PLACE_BITS)) - 1), "right"
            )
            count = np.minimum(end - start, room)
            room -= count
            asked.append(np.repeat(np.arange(len(keys)), count))
            found.append(run[_ranges(start, count)])
        entries = np.concatenate(found)
        items = entries >> _ITEM & np.uint64((1 << ITEM_BITS) - 1)
        places = entries & np.uint64((1 << PLACE_BITS) - 1)
        return np.concatenate(asked), items.astype(np.int64), places.astype(np.int64)

    def _settle(self) -> None:
        """Sort what was added since the last look-up into a run, and merge runs that are near in
        length."""
        if not self._waiting:
            return
        self._runs.append(_sorted(self._waiting))
        self._waiting = []
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs.append(_sorted([self._runs.pop(-2), self._runs.pop()]))


def _sorted(parts: Iterable[Entries]) -> Entries:
    whole = np.concatenate(list(parts))
    whole.sort()
    return whole


def _ranges(starts: Numbers, counts: Numbers) -> Numbers:
    """`start, start + 1, ...`, `count` of them, for each pair, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)
