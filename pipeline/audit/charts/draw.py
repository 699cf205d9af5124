"""From a chart to SVG that lies in the page: drawn once, when the report is written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from xml.etree import ElementTree

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from pipeline.audit.charts.text import plain
from pipeline.audit.charts.theme import CONFIG

_DROPPED = ("role", "aria-roledescription", "aria-hidden", "class", "font-family", "pointer-events")
"""Attributes of the parts: the picture as a whole has the role `img`, and the page has the font."""

ElementTree.register_namespace("", "http://www.w3.org/2000/svg")


@dataclass(frozen=True)
class Frame:
    """A chart's size in pixels: the plot, and what lies around it."""

    width: int
    height: int
    left: int = 8
    right: int = 8
    top: int = 6
    bottom: int = 6


def draw(layers: Sequence[alt.Chart], frame: Frame, says: str) -> Markup:
    """The layers above one another, as an SVG element.

    Sizes are fixed, whatever the texts: a text that is too long is cut off, and moves nothing.

    Args:
        says: what the chart shows, for people who do not see it.
    """
    size = asdict(frame)
    datasets: dict[str, object] = {}
    context = {"top_level": False, "datasets": datasets}
    spec = {
        "layer": [layer.to_dict(validate=False, context=context) for layer in layers],
        "datasets": datasets,
        "width": size.pop("width"),
        "height": size.pop("height"),
        "padding": size,
        "autosize": "none",
        "config": CONFIG,
    }
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))  # noqa: S314 - just rendered
    return _tidy(root, says)


@contextmanager
def unchecked() -> Iterator[None]:
    """Build charts without Altair's check of each part, which takes as long as drawing them."""
    with debug_mode(False):
        yield


def mark(rows: Sequence[Mapping[str, object]]) -> alt.Chart:
    """A layer of `rows`."""
    return alt.Chart(alt.InlineData(values=list(rows)))


def across(field: str, low: float, high: float, axis: alt.Axis | None = None) -> alt.X:
    """A place from left to right, of a scale from `low` to `high`.

    Args:
        axis: what stands below the plot. All layers of a chart share one axis: give each the same.
    """
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    return alt.X(field, type="quantitative", axis=axis, scale=scale)


def down(field: str, height: float) -> alt.Y:
    """A place in pixels from the top of a plot of `height`."""
    scale = alt.Scale(domain=[height, 0], nice=False, zero=False)
    return alt.Y(field, type="quantitative", axis=None, scale=scale)


def colour(field: str = "colour") -> alt.Color:
    """Each row's own colour."""
    return alt.Color(field, type="nominal", scale=None, legend=None)


def told() -> alt.Description:
    """What is said of a mark that readers walk to: its `label`. Such a mark has `aria=True`."""
    return alt.Description("label", type="nominal")


def shown(field: str = "text") -> alt.Text:
    """The text of text marks."""
    return alt.Text(field, type="nominal")


def _tidy(root: ElementTree.Element, says: str) -> Markup:
    """The picture alone: without the renderer's background and its names for parts."""
    width, height = root.get("width", "0"), root.get("height", "0")
    root.attrib.clear()
    root.attrib |= {
        "class": "drawing",
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "tabindex": "0",
        "aria-label": plain(says),
    }
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("display") == "none" or child.get("class") == "background":
                parent.remove(child)
            for attribute in _DROPPED:
                child.attrib.pop(attribute, None)
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - it escapes
