"""The report as one HTML page that works from disk, without a network and without trust in what
titles and captions hold."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from jinja2 import Environment
from markupsafe import Markup

from pipeline.audit import charts, html
from pipeline.audit.charts.text import percent
from schemas.prompt import CLIP_CONTEXT
from schemas.report import Interval, Overlap, Report

_TEMPLATES = Path(__file__).with_name("templates")

GALLERY_SCRIPTS = (
    "gallery_data.js",
    "gallery_card.js",
    "gallery_view.js",
    "gallery_marks.js",
    "gallery.js",
)
"""One script within the page, in this order."""

METRICS = {
    "clip_cosine": "The raw cosine between CLIP's embeddings of a text and of the clip's frame: "
    "higher is a closer match. CLIPScore here is max(cosine, 0), between 0 and 1; as first "
    "published it is 2.5 times that (Hessel et al. 2021), of ViT-B/32, with \u201cA photo "
    "depicts\u201d before each text.",
    "siglip_cosine": "The raw cosine between SigLIP's embeddings of a text and of the clip's "
    "frame: higher is a closer match. Its scale is not CLIP's: compare it with itself alone.",
    "clap_cosine": "The raw cosine between CLAP's embeddings of a text and of the clip's music: "
    "higher is a closer match. Its scale is its own: compare it with itself alone.",
}
"""What each metric is, for people."""


def render_page(report: Report) -> str:
    """`index.html`. Media and data are named relative to the report's folder."""
    style = _joined("report.css", "gallery.css")
    script = _joined("charts.js", *GALLERY_SCRIPTS)
    template = _environment().get_template("report.html")
    with charts.unchecked():
        return template.render(
            report=report,
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
            policy=html.policy(style, script),
            metrics=METRICS,
            context=CLIP_CONTEXT,
        )


def _joined(*names: str) -> str:
    return "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def _environment() -> Environment:
    environment = html.environment(_TEMPLATES)
    environment.filters |= {
        "count": _count,
        "fixed": _fixed,
        "percent": percent,
        "interval": _interval,
        "subject": charts.subject,
    }
    environment.globals |= {"charts": charts, "agreement": agreement}
    return environment


def _count(number: int) -> str:
    return f"{number:,}"


def _fixed(value: float, digits: int = 3) -> str:
    """With so many digits after the point; where those would show nothing, with two that do."""
    if value and not 0.5 * 10**-digits <= abs(value) < 1e9:
        return f"{value:.2g}".replace("-", "\u2212")
    return f"{value:,.{digits}f}".replace("-", "\u2212")


def _interval(interval: Interval | None, digits: int = 3) -> str:
    if interval is None:
        return "\u2013"
    dash = "\u2013" if interval.low >= 0 else " to "
    return f"{_fixed(interval.low, digits)}{dash}{_fixed(interval.high, digits)}"


def agreement(overlaps: Sequence[Overlap]) -> dict[str, float]:
    """Mean ROUGE-L over the pairs of two kinds of text, such as `answer music_caption`."""
    kinds: dict[str, list[float]] = defaultdict(list)
    for pair in overlaps:
        names = sorted(name.partition(" (")[0].partition(":")[0] for name in (pair.a, pair.b))
        kinds[" ".join(names)].append(pair.rouge_l)
    return {names: fmean(values) for names, values in kinds.items()}
