"""How values are spread: quantiles and histograms with round bin edges."""

import math
from bisect import bisect_right
from collections.abc import Sequence

from schemas.report import Distribution, Histogram, Quantile

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 30
"""About as many bins as a histogram has at most."""
_SMALLEST = 1e-100
"""What is closer to 0 shares a bin with it: a fraction of it may be too small for a float."""


def distribution(values: Sequence[float], edges: list[float]) -> Distribution:
    """Describe at least one finite value.

    Args:
        values: in any order.
        edges: of the histogram's bins, rising; from `bin_edges`.
    """
    ordered = sorted(values)
    return Distribution(
        count=len(ordered),
        mean=math.fsum(ordered) / len(ordered),
        min=ordered[0],
        max=ordered[-1],
        quantiles=[Quantile(share=share, value=quantile(ordered, share)) for share in QUANTILES],
        histogram=Histogram(edges=edges, counts=_counts(ordered, edges)),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value at `share` of the way through sorted values, interpolated linearly (Hyndman and
    Fan's type 7, which numpy and R use)."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def bin_edges(values: Sequence[float]) -> list[float]:
    """Edges of at most about 30 bins of a round width (1, 2 or 5 times a power of ten) that hold
    all values. Whole numbers get bins at least one wide."""
    low, high = min(values), max(values)
    width = _width(low, high)
    if all(value == int(value) for value in values):
        width = max(width, 1.0)
    place = math.floor(low / width)
    edges = [multiple(place, width)]
    while edges[-1] <= high:
        place += 1
        edges.append(multiple(place, width))
    return edges


def _width(low: float, high: float) -> float:
    size = max(abs(low), abs(high))
    if size < _SMALLEST:
        return 1.0
    if low == high:
        return round_up(size / 10)
    return round_up(max((high - low) / _BINS, size * 1e-6))


def multiple(times: int, width: float) -> float:
    """`times * width` without the noise of binary fractions: 3 times 0.1 is 0.3."""
    return float(f"{times * width:.12g}")


def round_up(width: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= width * (1 - 1e-9))


def _counts(ordered: Sequence[float], edges: list[float]) -> list[int]:
    counts = [0] * (len(edges) - 1)
    for value in ordered:
        counts[bisect_right(edges, value) - 1] += 1
    return counts
