"""Charts of named rows: bars in segments, and dots on an axis."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import altair as alt
from markupsafe import Markup

from pipeline.audit.charts import text, theme
from pipeline.audit.charts.draw import Frame, across, colour, down, draw, mark, shown, told

_ROW, _BAR = 24, 15
"""Pixels from row to row, and of a bar."""
_STEP = 5
"""Pixels from dot to dot of one row that would hide each other."""
_NAMES, _PLOT, _VALUES = 118, 224, 58
"""Pixels of the columns."""
_BESIDE = 32
"""Pixels on the right of dots, for the name of a line at the end of the axis."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a bar, `low` and `high` between 0 and 1."""

    low: float
    high: float
    colour: str
    label: str


@dataclass(frozen=True)
class BarRow:
    """A bar with a name on its left and a value on its right."""

    name: str
    segments: list[Segment]
    value: str


@dataclass(frozen=True)
class Dot:
    """A place on the axis, with the stretch that it may as well lie in."""

    at: float
    colour: str
    label: str
    low: float | None = None
    high: float | None = None
    hollow: bool = False


@dataclass(frozen=True)
class DotRow:
    """Dots with a name on their left."""

    name: str
    dots: list[Dot]
    link: bool = False
    """Whether a line joins the dots; otherwise they stand below one another, so that none hides
    another."""


@dataclass(frozen=True)
class Scale:
    """The axis under dots, and the lines across it that carry a name."""

    low: float
    high: float
    format: str
    """In d3's language."""
    lines: dict[str, float] = field(default_factory=dict)


def bars(rows: Sequence[BarRow], says: str) -> Markup:
    """One bar a row."""
    height = _ROW * len(rows)
    segments = [
        {
            "low": each.low,
            "high": each.high,
            "top": _middle(place) - _BAR / 2,
            "bottom": _middle(place) + _BAR / 2,
            "colour": each.colour,
            "label": f"{text.name(row.name)}: {text.name(each.label)}",
        }
        for place, row in enumerate(rows)
        for each in row.segments
    ]
    values = [{"top": _middle(place), "text": row.value} for place, row in enumerate(rows)]
    layers = [
        *_names([row.name for row in rows], height),
        mark(segments)
        .mark_rect(aria=True)
        .encode(
            x=across("low", 0, 1),
            x2=alt.X2("high"),
            y=down("top", height),
            y2=alt.Y2("bottom"),
            color=colour(),
            description=told(),
        ),
        mark(values)
        .mark_text(align="right", baseline="middle", color=theme.INK, limit=_VALUES - 8)
        .encode(x=alt.XValue(_PLOT + _VALUES), y=down("top", height), text=shown()),
    ]
    return draw(layers, Frame(_PLOT, height, left=_NAMES, right=_VALUES), says)


def stacked(segments: Sequence[Segment], says: str) -> Markup:
    """A single wide bar."""
    rows = [
        {"low": each.low, "high": each.high, "colour": each.colour, "label": each.label}
        for each in segments
    ]
    layer = (
        mark(rows)
        .mark_rect(aria=True, stroke=theme.PAPER, strokeWidth=2)
        .encode(
            x=across("low", 0, 1),
            x2=alt.X2("high"),
            y=alt.YValue(0),
            y2=alt.Y2Value(28),
            color=colour(),
            description=told(),
        )
    )
    return draw([layer], Frame(_NAMES + _PLOT + _VALUES, 28, left=0, right=0), says)


def dots(rows: Sequence[DotRow], scale: Scale, says: str) -> Markup:
    """Dots above an axis."""
    height = _ROW * len(rows)
    width = _PLOT + _VALUES - _BESIDE
    points, stretches, links = [], [], []
    for place, row in enumerate(rows):
        for number, dot in enumerate(row.dots):
            top = _middle(place)
            if not row.link:
                top += _STEP * (number - (len(row.dots) - 1) / 2)
            said = f"{text.name(row.name)}: {text.name(dot.label)}"
            fill = theme.PAPER if dot.hollow else dot.colour
            points.append(
                {"at": dot.at, "top": top, "colour": dot.colour, "fill": fill, "label": said}
            )
            if dot.low is not None and dot.high is not None:
                stretch = {"at": dot.low, "to": dot.high, "top": top, "colour": dot.colour}
                stretches.append(stretch)
        if row.link and row.dots:
            ends = [dot.at for dot in row.dots]
            links.append({"at": min(ends), "to": max(ends), "top": _middle(place)})
    axis = alt.Axis(format=scale.format, tickCount=5, offset=8, grid=True, gridColor=theme.LINE)
    x = across("at", scale.low, scale.high, axis)
    y = down("top", height)
    layers = [
        *_names([row.name for row in rows], height),
        *_lines(scale, x, height),
        mark(links).mark_rule(color=theme.QUIET).encode(x=x, x2=alt.X2("to"), y=y),
        mark(stretches)
        .mark_rule(strokeWidth=3, strokeCap="butt", opacity=0.55)
        .encode(x=x, x2=alt.X2("to"), y=y, color=colour()),
        mark(points)
        .mark_point(size=64, strokeWidth=1.75, opacity=1, aria=True)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill("fill", type="nominal", scale=None, legend=None),
            stroke=alt.Stroke("colour", type="nominal", scale=None, legend=None),
            description=told(),
        ),
    ]
    top = 18 if scale.lines else 6
    return draw(layers, Frame(width, height, left=_NAMES, right=_BESIDE, top=top, bottom=28), says)


def _names(names: Sequence[str], height: int) -> list[alt.Chart]:
    rows = [{"top": _middle(place), "text": text.name(name)} for place, name in enumerate(names)]
    return [
        mark(rows)
        .mark_text(align="left", baseline="middle", color=theme.INK, limit=_NAMES - 12)
        .encode(x=alt.XValue(-_NAMES), y=down("top", height), text=shown())
    ]


def _lines(scale: Scale, x: alt.X, height: int) -> list[alt.Chart]:
    """At most two: the name of the left one stands on its left."""
    layers = []
    for number, (name, at) in enumerate(sorted(scale.lines.items(), key=lambda item: item[1])):
        line = mark([{"at": at, "text": name}])
        rule = line.mark_rule(color=theme.QUIET, strokeDash=[3, 3])
        words = line.mark_text(align="left" if number else "right", dx=2 if number else -2, dy=-8)
        layers += [
            rule.encode(x=x, y=alt.YValue(-2), y2=alt.Y2Value(height)),
            words.encode(x=x, y=alt.YValue(0), text=shown()),
        ]
    return layers


def _middle(place: int) -> float:
    return _ROW * (place + 0.5)
