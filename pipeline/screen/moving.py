"""The second look at what seems to move: noise on a still picture, a slow zoom, a slide show."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence, Luma, Shown

_GRID = (18, 32)
"""Pictures are compared as so many rows and columns of mean brightness, in which grain of 12 grey
levels leaves differences of 1 at most."""
_CHANGED = 5.0
"""Grey levels, of 255, by which a field of the grid must differ."""
_FIELDS = 0.02
"""Share of the fields that must differ: a person, not a blinking light."""

Grid = NDArray[np.float64]


def _measure(evidence: Evidence) -> Finding:
    """The share of moments at which the picture changes within a quarter of a second, and again
    within the next. What changes in one of them only is a cut, or the next slide."""
    moments = [shown for shown in evidence.frames if len(shown.later) > 1]
    if not moments:
        return Finding(None, "too short: not measured")
    value = sum(_moves(shown) for shown in moments) / len(moments)
    return Finding(value, f"{_kind(moments)}: something moves at {value:.0%} of the moments")


def _kind(moments: Sequence[Shown]) -> str:
    """What a video in which next to nothing moves is."""
    changes = sum(_differ(one.luma, other.luma) for one, other in pairwise(moments))
    return "slide show or slow zoom" if changes > len(moments) / 4 else "still picture"


def _moves(shown: Shown) -> bool:
    return all(_differ(one, other) for one, other in pairwise([shown.luma, *shown.later]))


def _differ(one: Luma, other: Luma) -> bool:
    if one.shape != other.shape:
        return True
    change = np.abs(_reduced(one) - _reduced(other))
    return bool((change > _CHANGED).mean() >= _FIELDS)


def _reduced(luma: Luma) -> Grid:
    """Mean brightness of each field of the grid."""
    rows, columns = (min(n, side) for n, side in zip(_GRID, luma.shape, strict=True))
    high, wide = luma.shape[0] // rows, luma.shape[1] // columns
    whole = luma[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    reduced: Grid = whole.mean(axis=(1, 3))
    return reduced


moving = Check("min_moving", least=True, measure=_measure)
