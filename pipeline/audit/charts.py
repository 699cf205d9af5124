"""The geometry of the report's charts; the templates draw them as SVG.

Horizontal places are percentages of the chart's width, so that charts follow the page's width
while their text keeps its size.
"""

import math
from dataclasses import dataclass

from pipeline.audit.distributions import multiple, round_up
from schemas.report import Breakdown, Distribution, Drop

_TICKS = 6
_STAGES = ("fetch", "screen", "cut")


@dataclass(frozen=True)
class Bar:
    """One bin: place and width in percent, height in percent of the highest bar."""

    x: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class Tick:
    """A value on the horizontal axis, its place in percent."""

    x: float
    label: str


@dataclass(frozen=True)
class HistogramChart:
    """Bars above an axis, and below it the range of the middle 90 and 50 percent of values."""

    bars: list[Bar]
    ticks: list[Tick]
    highest: int
    """The count of the highest bar."""
    quantiles: list[float]
    """Places of `pipeline.audit.distributions.QUANTILES`, in percent."""
    limit: Tick | None
    """A value to compare with, where it lies within the chart."""


@dataclass(frozen=True)
class Stretch:
    """A row of the waterfall: what is left of the listed videos and what goes, in percent."""

    label: str
    left: float
    lost: float
    videos: int


def histogram(values: Distribution, limit: float | None = None) -> HistogramChart:
    """A chart of one distribution, with `limit` marked if it is given."""
    edges, counts = values.histogram.edges, values.histogram.counts
    first, last = edges[0], edges[-1]
    highest = max(counts)
    digits = _digits(edges[1] - first)
    step = max(round_up((last - first) / _TICKS), edges[1] - first)

    def place(value: float) -> float:
        return round(100 * (value - first) / (last - first), 3)

    def tick(value: float) -> Tick:
        return Tick(place(value), f"{value:.{_digits(step)}f}".replace("-", "\u2212"))

    bars = [
        Bar(
            x=place(low),
            width=round(place(high) - place(low), 3),
            height=round(100 * count / highest, 3),
            label=f"{low:.{digits}f} to under {high:.{digits}f}: {count}",
        )
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
        if count
    ]
    whole = range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    return HistogramChart(
        bars=bars,
        ticks=[tick(multiple(times, step)) for times in whole],
        highest=highest,
        quantiles=[place(each.value) for each in values.quantiles],
        limit=tick(limit) if limit is not None and first < limit < last else None,
    )


def _digits(step: float) -> int:
    """How many digits after the point tell multiples of a round `step` apart."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def waterfall(counts: Breakdown, drops: list[Drop]) -> list[Stretch]:
    """From the listed videos to those with clips: what is lost where. Empty without videos."""
    total = counts.total
    if not total.listed:
        return []
    share = 100 / total.listed
    rows = [Stretch("listed", 100.0, 0.0, total.listed)]
    left = total.listed
    losses = {stage: sum(d.videos for d in drops if d.stage == stage) for stage in _STAGES}
    for label, lost in (*losses.items(), ("waiting", total.waiting)):
        if lost or label != "waiting":
            left -= lost
            rows.append(Stretch(label, round(left * share, 3), round(lost * share, 3), lost))
    rows.append(Stretch("with clips", round(left * share, 3), 0.0, left))
    return rows
