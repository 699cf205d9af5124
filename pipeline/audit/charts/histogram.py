"""How values are spread: one histogram, or one for each group."""

from collections.abc import Sequence

import altair as alt
from markupsafe import Markup

from pipeline.audit.charts import text, theme
from pipeline.audit.charts.bins import Row, axis, bin_rows, fine, outline, span
from pipeline.audit.charts.draw import Frame, across, colour, down, draw, mark, shown, told
from schemas.report import Distribution

_WIDTH, _HEIGHT = 262, 92
_EDGE = 14
"""Pixels beside the plot, for half of a label of the axis."""
_LANE = 34
"""Pixels from group to group."""
_NAMES, _LANES, _MEANS = 118, 224, 58


def histogram(
    values: Distribution,
    title: str,
    limit: tuple[float, str] | None = None,
    floor: Distribution | None = None,
) -> Markup:
    """Bars, and below them the range of the middle 90 and 50 percent of values, and the median.

    Args:
        limit: a value to compare with, and what to write at it.
        floor: shuffled pairs, drawn as an outline. Bars and outline have equal areas, whatever the
            counts and the bins.
    """
    both = [values.histogram, *([floor.histogram] if floor else [])]
    low, high = span(both, limit[0] if limit else None)
    bars = bin_rows(values, floor)
    edge = outline(floor.histogram) if floor else []
    top = max(float(row["height"]) for row in (*bars, *edge))
    x = across("low", low, high, axis(low, high, offset=20))
    y = alt.Y(
        "height", type="quantitative", axis=None, scale=alt.Scale(domain=[0, top], nice=False)
    )
    layers = [
        mark(bars)
        .mark_rect(color=theme.DATA, stroke=theme.PAPER, strokeWidth=1, aria=True)
        .encode(
            x=x,
            x2=alt.X2("high"),
            y=y,
            y2=alt.Y2Value(_HEIGHT),
            description=told(),
        ),
        mark([{"low": low, "high": high}])
        .mark_rule(color=theme.QUIET)
        .encode(x=x, x2=alt.X2("high"), y=alt.YValue(_HEIGHT)),
        *_ranges(values, x),
    ]
    if floor:
        line = mark(edge).mark_line(interpolate="step-after", color=theme.FLOOR, strokeWidth=2)
        layers.append(line.encode(x=x, y=y))
    if limit and low <= limit[0] <= high:
        at = mark([{"low": limit[0], "text": limit[1], "label": f"limit {limit[1]}"}])
        rule = at.mark_rule(color=theme.LOST, strokeWidth=1.5, aria=True)
        layers += [
            rule.encode(x=x, y=alt.YValue(-4), y2=alt.Y2Value(_HEIGHT), description=told()),
            at.mark_text(color=theme.LOST, dy=-9).encode(x=x, y=alt.YValue(0), text=shown()),
        ]
    return draw(
        layers, Frame(_WIDTH, _HEIGHT, _EDGE, _EDGE, top=18, bottom=34), _says(values, title, floor)
    )


def lanes(
    groups: Sequence[tuple[str, Distribution]], title: str, floor: Distribution | None = None
) -> Markup:
    """A small histogram for each group, one below the other on one axis, each as high as its own
    highest bin, with its median and mean; shuffled pairs come last."""
    groups = [*groups, *([("shuffled pairs", floor)] if floor else [])]
    low, high = span([values.histogram for _, values in groups])
    height = _LANE * len(groups)
    bars: list[Row] = []
    names: list[Row] = []
    for place, (name, values) in enumerate(groups):
        foot = _LANE * (place + 1) - 4.0
        rows = bin_rows(values)
        most = max(float(row["height"]) for row in rows)
        bars += [
            row
            | {
                "top": foot - (_LANE - 8) * float(row["height"]) / most,
                "foot": foot,
                "colour": theme.FLOOR if values is floor else theme.DATA,
                "label": f"{text.name(name)}, {row['label']}",
            }
            for row in rows
        ]
        names.append(
            {
                "text": text.name(name),
                "foot": foot,
                "low": low,
                "high": high,
                "median": values.quantiles[2].value,
                "mean": text.number(values.mean, fine(values)),
                "label": f"{text.name(name)}: {text.count(values.count, 'value')}, "
                f"mean {text.number(values.mean, fine(values))}, "
                f"median {text.number(values.quantiles[2].value, fine(values))}",
            }
        )
    below = axis(low, high, offset=6)
    x, foot_y = across("low", low, high, below), down("foot", height)
    each = mark(names)
    layers = [
        mark(bars)
        .mark_rect(stroke=theme.PAPER, strokeWidth=0.5, aria=True)
        .encode(
            x=x,
            x2=alt.X2("high"),
            y=down("top", height),
            y2=alt.Y2("foot"),
            color=colour(),
            description=told(),
        ),
        each.mark_rule(color=theme.LINE).encode(x=x, x2=alt.X2("high"), y=foot_y),
        each.mark_point(
            filled=True, color=theme.INK, stroke=theme.PAPER, size=55, opacity=1, aria=True
        ).encode(x=across("median", low, high, below), y=foot_y, description=told()),
        each.mark_text(align="left", color=theme.INK, limit=_NAMES - 12).encode(
            x=alt.XValue(-_NAMES), y=foot_y, text=shown()
        ),
        each.mark_text(align="right", color=theme.INK).encode(
            x=alt.XValue(_LANES + _MEANS), y=foot_y, text=shown("mean")
        ),
    ]
    says = f"Histograms of {text.name(title)} by group, each with its median and mean."
    return draw(layers, Frame(_LANES, height, left=_NAMES, right=_MEANS, bottom=26), says)


def _ranges(values: Distribution, x: alt.X) -> list[alt.Chart]:
    five, quarter, median, three, most = (each.value for each in values.quantiles)
    small = fine(values)
    y = alt.YValue(_HEIGHT + 10)
    layers = []
    for low, high, share, width in ((five, most, 90, 1.5), (quarter, three, 50, 5)):
        said = f"middle {share} %: {text.number(low, small)} to {text.number(high, small)}"
        row = mark([{"low": low, "high": high, "label": said}])
        layers.append(
            row.mark_rule(color=theme.QUIET, strokeWidth=width, aria=True).encode(
                x=x, x2=alt.X2("high"), y=y, description=told()
            )
        )
    middle = mark([{"low": median, "label": f"median {text.number(median, small)}"}])
    point = middle.mark_point(
        filled=True, color=theme.INK, stroke=theme.PAPER, size=70, opacity=1, aria=True
    )
    return [*layers, point.encode(x=x, y=y, description=told())]


def _says(values: Distribution, title: str, floor: Distribution | None) -> str:
    small = fine(values)
    least, median, most = (
        text.number(value, small) for value in (values.min, values.quantiles[2].value, values.max)
    )
    says = f"Histogram of {text.name(title)}: {text.count(values.count, 'value')} from {least} "
    says += f"to {most}, median {median}."
    if floor:
        says += f" Outlined: shuffled pairs, median {text.number(floor.quantiles[2].value, small)}."
    return says
