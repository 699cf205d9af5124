"""What each two kinds of text have in common, as a triangle of cells."""

from collections.abc import Mapping, Sequence

import altair as alt
from markupsafe import Markup

from pipeline.audit.charts import text, theme
from pipeline.audit.charts.draw import Frame, across, down, draw, mark, shown, told

_CELL, _NARROW = 36, 28
_NAMES = 112
"""Pixels to the right of the last name."""
_WEAKEST, _STRONGEST = 0.06, 0.5
"""Opacity of a cell's colour: the number in it stays readable on it."""


def heat(names: Sequence[str], values: Mapping[tuple[int, int], float], says: str) -> Markup:
    """Each name stands on the diagonal: its cells are those on its left and those below it.

    Args:
        values: at most 1, by the places of two names, in either order; at least one. Colours span
            the range from the least to the most.
    """
    cell = _CELL if len(names) <= 5 else _NARROW
    size = cell * len(names)
    least, most = min(values.values()), max(values.values())
    cells = []
    for row, below in enumerate(names):
        for column, above in enumerate(names[:row]):
            value = values.get((column, row), values.get((row, column)))
            if value is not None:
                cells.append(
                    {
                        "left": column * cell,
                        "right": (column + 1) * cell,
                        "top": row * cell,
                        "bottom": (row + 1) * cell,
                        "middle": (row + 0.5) * cell,
                        "centre": (column + 0.5) * cell,
                        "opacity": _strength(value, least, most),
                        "text": f"{value:.2f}".replace("0.", ".", 1),
                        "label": f"{text.name(above)} and {text.name(below)}: {value:.3f}",
                    }
                )
    diagonal = [
        {"left": place * cell + 3, "middle": (place + 0.5) * cell, "text": text.name(name)}
        for place, name in enumerate(names)
    ]
    layers = [
        mark(cells)
        .mark_rect(color=theme.DATA, stroke=theme.PAPER, strokeWidth=2, aria=True)
        .encode(
            x=across("left", 0, size),
            x2=alt.X2("right"),
            y=down("top", size),
            y2=alt.Y2("bottom"),
            fillOpacity=alt.FillOpacity("opacity", type="quantitative", scale=None, legend=None),
            description=told(),
        ),
        mark(cells)
        .mark_text(baseline="middle", color=theme.INK)
        .encode(x=across("centre", 0, size), y=down("middle", size), text=shown()),
        mark(diagonal)
        .mark_text(align="left", baseline="middle", color=theme.INK, limit=_NAMES)
        .encode(x=across("left", 0, size), y=down("middle", size), text=shown()),
    ]
    return draw(layers, Frame(size, size, left=0, right=_NAMES - cell + 6), says)


def _strength(value: float, least: float, most: float) -> float:
    width = most - least
    return _WEAKEST + (_STRONGEST - _WEAKEST) * ((value - least) / width if width else 0.5)
