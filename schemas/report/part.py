"""What every part of a report is made of."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """One part of a report. Immutable; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Quantile(Part):
    """The value that `share` of all values do not exceed, interpolated linearly."""

    share: float
    value: float


class Histogram(Part):
    """`counts[i]` values lie in [`edges[i]`, `edges[i + 1]`)."""

    edges: list[float]
    counts: list[int]


class Distribution(Part):
    """How a set of at least one finite value is spread."""

    count: int
    mean: float
    min: float
    max: float
    quantiles: list[Quantile]
    histogram: Histogram


class Interval(Part):
    """Where a mean lies: a 95 % percentile bootstrap over videos, since clips of one video are
    alike (Efron and Tibshirani 1993, chapters 8 and 13)."""

    low: float
    high: float
