"""Finds, among very many audio fingerprints, the few that a new one should be compared with."""

import numpy as np
from numpy.typing import NDArray

from pipeline.songs.alignment import Fingerprint, tells
from pipeline.songs.postings import KEY_BITS, Postings

_KEPT = 2
"""One in so many different items is entered. Which ones only their bits decide, so that two copies
of a track have the same ones."""
_BIN = 16
"""Shifts that are counted together: a copy that runs 1 % fast drifts by 9 items in two minutes."""
_LEAST = 3
"""Equal items at one shift that make a candidate."""


class AudioIndex:
    """Fingerprints under the leading bits of some of their items."""

    def __init__(self) -> None:
        self._postings = Postings()
        self._fingerprints: dict[int, Fingerprint] = {}

    @property
    def nbytes(self) -> int:
        """Memory that entries and fingerprints take: about 8 MB for 1,000 tracks."""
        return self._postings.nbytes + sum(each.nbytes for each in self._fingerprints.values())

    def __getitem__(self, item: int) -> Fingerprint:
        return self._fingerprints[item]

    def add(self, item: int, fingerprint: Fingerprint) -> None:
        """Take in a track under a number that is higher than all before."""
        self._fingerprints[item] = fingerprint
        self._postings.add(item, *_keys(fingerprint))

    def candidates(self, fingerprint: Fingerprint, most: int = 8) -> list[int]:
        """The tracks that have most of the same items in the same order, best first."""
        keys, places = _keys(fingerprint)
        asked, items, there = self._postings.find(keys)
        shifts = there - places[asked] + (1 << 16)
        best: dict[int, int] = {}
        for offset in (0, _BIN // 2):  # so that no shift lies at a bin's edge in both
            bins, votes = np.unique(items << 20 | (shifts + offset) // _BIN, return_counts=True)
            enough = votes >= _LEAST
            for item, count in zip(bins[enough] >> 20, votes[enough], strict=True):
                best[int(item)] = max(best.get(int(item), 0), int(count))
        return sorted(best, key=lambda item: (-best[item], item))[:most]


def _keys(fingerprint: Fingerprint) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The leading bits of the items to enter, each once, and where it first is."""
    places = np.flatnonzero(tells(fingerprint))
    keys, first = np.unique(fingerprint[places] >> (32 - KEY_BITS), return_index=True)
    kept = _mixed(keys) % _KEPT == 0
    return keys[kept].astype(np.int64), places[first[kept]].astype(np.int64)


def _mixed(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Knuth's multiplicative hash: the high bits depend on all bits."""
    return keys * np.uint32(2_654_435_761) >> np.uint32(16)
