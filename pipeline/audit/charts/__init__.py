"""The report's charts: Vega-Lite, drawn to SVG when the report is written."""

from pipeline.audit.charts.draw import unchecked
from pipeline.audit.charts.figures import (
    MOST_ROWS,
    PUBLISHED,
    groups,
    intervals,
    origins,
    overlap_map,
    provenance,
    rates,
    subject,
    waterfall,
    word_shares,
)
from pipeline.audit.charts.histogram import histogram

__all__ = [
    "MOST_ROWS",
    "PUBLISHED",
    "groups",
    "histogram",
    "intervals",
    "origins",
    "overlap_map",
    "provenance",
    "rates",
    "subject",
    "unchecked",
    "waterfall",
    "word_shares",
]
