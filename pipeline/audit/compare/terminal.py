"""A comparison in a few lines of text."""

from pipeline.audit.compare.page import number, signed
from pipeline.lines import clean_line
from schemas.report import Interval
from schemas.report.comparison import Comparison, MeasuredVariant

HEADS = ["measure", "clips", "", "mean", "95 %", "difference", "95 %", "ahead"]


def table_of(comparison: Comparison) -> list[list[str]]:
    """The measures as rows of cells, heads first: one row per measure and variant, a measure's
    name on the first of its rows alone."""
    rows = [HEADS]
    for measured in comparison.measures:
        for position, each in enumerate(measured.variants):
            name = clean_line(measured.measure, 60) if position == 0 else ""
            clips = f"{measured.clips:,}" if position == 0 else ""
            rows.append([name, clips, *_cells(each, measured.measure)])
    return rows


def _cells(each: MeasuredVariant, measure: str) -> list[str]:
    cells = [each.letter, number(each.mean, measure), _range(each.interval, measure)]
    if each.difference is None or each.difference_interval is None:
        return [*cells, "", "", ""]
    low, high = each.difference_interval.low, each.difference_interval.high
    between = f"{signed(low, measure)} to {signed(high, measure)}"
    won = "" if each.won is None else f"{100 * each.won:.1f} %"
    return [*cells, signed(each.difference, measure), between, won]


def _range(interval: Interval, measure: str) -> str:
    return f"{number(interval.low, measure)} to {number(interval.high, measure)}"
