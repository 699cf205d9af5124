"""How alike two audio fingerprints are, wherever the one begins within the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.songs.audio import ITEM_S
from schemas.table import Seconds

Fingerprint = NDArray[np.uint32]

SHIFT_S: Seconds = 30.0
"""How far one track may start before the other."""
OVERLAP_S: Seconds = 6.0
"""What two tracks must have in common besides silence, at least."""
_SHIFT, _OVERLAP = round(SHIFT_S / ITEM_S), round(OVERLAP_S / ITEM_S)
_HELD = 16
"""Equal items in a row, two seconds, that are a silence or a tone: every silence is alike."""
_NEAR = 16
"""Shifts this close to the best one are alike by nature: an item looks at two seconds."""
_PEAK = 0.1
"""How much better the best shift must be than the usual one. Hums and drones are alike at every
shift; music only where it is laid over itself."""


def as_fingerprint(items: Sequence[int]) -> Fingerprint:
    """A fingerprint as an array."""
    return np.asarray(items, np.uint32)


def tells(fingerprint: Fingerprint) -> NDArray[np.bool_]:
    """Which items say something: those in no stretch of `_HELD` equal ones."""
    if not len(fingerprint):
        return np.zeros(0, bool)
    starts = np.flatnonzero(np.diff(fingerprint, prepend=~fingerprint[:1]))
    lengths = np.diff(starts, append=len(fingerprint))
    return np.repeat(lengths < _HELD, lengths)


@dataclass(frozen=True)
class Alignment:
    """How two fingerprints lie over each other where they fit best."""

    share: float
    """Of equal bits, there. 0.5 to 0.65 for unrelated music."""
    usual: float
    """The median share of all other shifts."""


def similarity(one: Fingerprint, two: Fingerprint) -> float:
    """The share of equal bits where the two fit best; 0 where they fit nowhere better than
    elsewhere, as unrelated music does, or have too little in common to tell. Takes 4 ms."""
    found = align(one, two)
    return found.share if found and found.share - found.usual >= _PEAK else 0.0


def align(one: Fingerprint, two: Fingerprint) -> Alignment | None:
    """How two fingerprints lie over each other; None where the shorter leaves no room to tell, as
    one of less than 11 s does."""
    shares = _shares(one, two)
    best = max(shares, key=lambda shift: shares[shift], default=0)
    others = [share for shift, share in shares.items() if abs(shift - best) > _NEAR]
    return Alignment(shares[best], float(np.median(others))) if others else None


def _shares(one: Fingerprint, two: Fingerprint) -> dict[int, float]:
    """For each shift that leaves enough overlap: the share of equal bits."""
    ours, theirs = tells(one), tells(two)
    found = {}
    for shift in range(-_SHIFT, _SHIFT + 1):
        i, j = max(0, shift), max(0, -shift)
        length = min(len(one) - i, len(two) - j)
        if length < _OVERLAP:
            continue
        both = ours[i : i + length] & theirs[j : j + length]
        items = int(np.count_nonzero(both))
        if items >= _OVERLAP:
            differing = np.bitwise_count(one[i : i + length] ^ two[j : j + length])
            found[shift] = 1.0 - int(differing @ both.astype(np.int64)) / (32 * items)
    return found
