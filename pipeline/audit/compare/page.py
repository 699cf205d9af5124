"""A comparison as one HTML page that works from disk, without a network, without scripts, and
without trust in what titles and captions hold."""

import json
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from pipeline.audit import html
from pipeline.audit.compare.words import pieces
from schemas.report import Interval
from schemas.report.comparison import ComparedClip, ComparedText, Comparison, Measured

_HERE = Path(__file__).with_name("templates")
_HOUSE = Path(__file__).parents[1] / "templates" / "report.css"
_DIGITS = {"words": 1, "clip_tokens": 1, "violations": 2, "attempts": 2, "truncated": 3}
_LONGEST_OPTION = 2000
"""Characters of an option's value that are shown."""


def render_comparison(comparison: Comparison) -> str:
    """`index.html`. Media are named relative to the comparison's folder."""
    own = (_HERE / "comparison.css").read_text(encoding="utf-8")
    style = _HOUSE.read_text(encoding="utf-8") + own
    return (
        _environment()
        .get_template("comparison.html")
        .render(
            comparison=comparison,
            style=Markup(style),  # noqa: S704 - our own files
            policy=html.policy(style),
        )
    )


def _environment() -> Environment:
    environment = html.environment(_HERE)
    environment.filters |= {
        "number": number,
        "signed": signed,
        "value": _value,
        "option": _option,
        "clock": _clock,
        "percent": _percent,
    }
    environment.globals |= {"pieces": pieces, "reach": _reach, "place": _place, "beside": _beside}
    return environment


def number(value: float, measure: str = "") -> str:
    """As many digits after the point as a measure is worth: one for lengths, two for counts, four
    for all others.

    >>> number(-0.27171), number(41.23, "words")
    ('\u22120.2717', '41.2')
    """
    return f"{value:,.{_DIGITS.get(measure, 4)}f}".replace("-", "\u2212")


def signed(value: float, measure: str = "") -> str:
    """A difference.

    >>> signed(0.0123)
    '+0.0123'
    """
    return ("+" if value > 0 else "") + number(value, measure)


def _value(value: float, measure: str) -> str:
    """One clip's value: counts are whole."""
    return f"{value:,.0f}" if measure in _DIGITS else number(value, measure)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _option(value: object) -> str:
    """An option as people write it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    return text if len(text) <= _LONGEST_OPTION else text[:_LONGEST_OPTION] + "…"


def _reach(measured: Measured) -> float:
    """How far from 0 the plots of a measure's differences reach."""
    ends = [
        abs(end)
        for each in measured.variants
        if each.difference_interval
        for end in _ends(each.difference_interval)
    ]
    return max(ends, default=0.0)


def _ends(interval: Interval) -> tuple[float, float]:
    return (interval.low, interval.high)


def _place(value: float, reach: float) -> float:
    """Where a difference lies on its plot, in percent."""
    return round(50 + 46 * value / reach, 2) if reach else 50.0


def _beside(clip: ComparedClip, said: ComparedText) -> ComparedText:
    """What a variant's texts are marked against: the first variant's; the first's own, against
    the last's."""
    first, last = clip.variants[0], clip.variants[-1]
    return last if said is first else first
