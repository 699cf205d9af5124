"""The bins of histograms as marks: places, heights, and what is said of each."""

import math
from collections.abc import Sequence

import altair as alt

from pipeline.audit.charts import text
from pipeline.audit.distributions import multiple, round_up
from schemas.report import Distribution, Histogram

Row = dict[str, float | str]

_TICKS = 7
_FEWEST = 8
"""A histogram of fewer bins is drawn as wide as one of so many: a single bin is no block."""
_SMALLEST = 1e-290
"""Of an axis; a fraction of what is smaller may be too small for a float."""


def bin_rows(values: Distribution, beside: Distribution | None = None) -> list[Row]:
    """The bins that hold something. The area of all of them is 1.

    Args:
        beside: its share of each bin is told too, where it has the same bins.
    """
    edges, counts = values.histogram.edges, values.histogram.counts
    others = beside.histogram.counts if beside and beside.histogram.edges == edges else None
    rows: list[Row] = []
    for place, amount in enumerate(counts):
        if not amount:
            continue
        low, high = edges[place], edges[place + 1]
        share = amount / values.count
        label = f"{text.number(low, high - low)} to under {text.number(high, high - low)}: "
        label += f"{amount:,} ({text.percent(share)})"
        if others and beside:
            label += f", shuffled {text.percent(others[place] / beside.count)}"
        rows.append({"low": low, "high": high, "height": share / (high - low), "label": label})
    return rows


def outline(histogram: Histogram) -> list[Row]:
    """The corners of its silhouette, from left to right; its area is 1."""
    edges, counts = histogram.edges, histogram.counts
    total = sum(counts)
    steps: list[Row] = [
        {"low": low, "height": amount / total / (high - low)}
        for low, high, amount in zip(edges, edges[1:], counts, strict=False)
    ]
    return [{"low": edges[0], "height": 0.0}, *steps, {"low": edges[-1], "height": 0.0}]


def span(histograms: Sequence[Histogram], limit: float | None = None) -> tuple[float, float]:
    """Of the axis: all bins, at least a few bins' width, and a limit that is not far off."""
    low = min(each.edges[0] for each in histograms)
    high = max(each.edges[-1] for each in histograms)
    width = high - low
    if limit is not None and low - width / 2 <= limit <= high + width / 2:
        low, high = min(low, limit), max(high, limit)
    lack = _FEWEST * (histograms[0].edges[1] - histograms[0].edges[0]) - (high - low)
    return (low - lack / 2, high + lack / 2) if lack > 0 else (low, high)


def axis(low: float, high: float, offset: int) -> alt.Axis:
    """Round values below a chart.

    Args:
        offset: pixels below the plot.
    """
    if high - low < _SMALLEST:
        return alt.Axis(values=[low, high], format=".2g", offset=offset)
    step = round_up((high - low) / _TICKS)
    whole = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    digits = text.digits(step)
    plain = digits <= 6 and max(abs(low), abs(high)) < 1e6
    return alt.Axis(
        values=[multiple(times, step) for times in whole],
        format=f",.{digits}f" if plain else ".3~g",
        offset=offset,
    )


def fine(values: Distribution) -> float:
    """A tenth of a bin: how exactly values are told."""
    return (values.histogram.edges[1] - values.histogram.edges[0]) / 10
