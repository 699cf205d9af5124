"""The report as one HTML page that works from disk, without a network and without trust in what
titles and captions hold."""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.audit.charts import histogram, waterfall
from pipeline.audit.figures import CLIP_CONTEXT, CLIPSCORE_WEIGHT
from schemas.report import Distribution, GalleryClip, Ranking, Report, ScoreValue

_TEMPLATES = Path(__file__).with_name("templates")

METRICS = {
    "clip_cosine": "The raw cosine between CLIP's embeddings of a text and of the clip's frame: "
    "higher is a closer match. CLIPScore is 2.5 \u00b7 max(cosine, 0) (Hessel et al. 2021); as "
    "published it is of ViT-B/32, with \u201cA photo depicts\u201d before each text.",
    "siglip_cosine": "The raw cosine between SigLIP's embeddings of a text and of the clip's "
    "frame: higher is a closer match. Its scale is not CLIP's: compare it with itself alone.",
    "clap_cosine": "The raw cosine between CLAP's embeddings of a text and of the clip's music: "
    "higher is a closer match. Its scale is its own: compare it with itself alone.",
}
"""What each metric is, for people."""


@dataclass(frozen=True)
class Card:
    """A gallery clip, with its values of the score that the gallery is ranked by."""

    clip: GalleryClip
    score: float | None = None
    """Of the prompt."""
    place: float | None = None
    """Where `score` lies between the dataset's least and greatest, in percent."""
    truncated: bool = False
    answers: dict[str, float] = field(default_factory=dict)
    """Of the frame captions, by question."""
    others: list[ScoreValue] = field(default_factory=list)
    """All other scores."""


def render_page(report: Report) -> str:
    """`index.html`. Media are named relative to the report's folder."""
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=_policy(style, script),
            waterfall=waterfall(report.counts, report.drops),
            metrics=METRICS,
            context=CLIP_CONTEXT,
            clipscore_weight=CLIPSCORE_WEIGHT,
            cards=_cards(report),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": _count,
        "fixed": _fixed,
        "percent": _percent,
        "clock": _clock,
        "subject": _subject,
    }
    environment.globals["histogram"] = histogram
    return environment


def _policy(style: str, script: str) -> str:
    """A content security policy that allows this page's style and script, and media beside it.

    The hashes hold wherever the page is opened; `file:` is for browsers in which 'self' names no
    file.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_source(style)}",
            f"script-src {_source(script)}",
            "img-src 'self' file:",
            "media-src 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _count(number: int) -> str:
    return f"{number:,}"


def _fixed(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".replace("-", "\u2212")


def _subject(name: str) -> str:
    return "music caption" if name == "music_caption" else name.replace("answer:", "answer: ")


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _cards(report: Report) -> list[Card]:
    ranking = report.gallery.ranking
    if ranking is None:
        return [Card(clip, others=clip.scores) for clip in report.gallery.clips]
    spread = next(
        score.values
        for score in report.scores
        if (score.step, score.metric, score.subject)
        == (ranking.step, ranking.metric, ranking.subject)
    )
    return [_card(clip, ranking, spread) for clip in report.gallery.clips]


def _card(clip: GalleryClip, ranking: Ranking, spread: Distribution | None) -> Card:
    here = {
        score.subject: score
        for score in clip.scores
        if (score.step, score.metric) == (ranking.step, ranking.metric)
    }
    ranked = here.pop(ranking.subject, None)
    named = {f"answer:{caption.question}": caption.question for caption in clip.frame_captions}
    return Card(
        clip,
        score=ranked.value if ranked else None,
        place=_place(ranked.value, spread) if ranked and spread else None,
        truncated=ranked.truncated if ranked else False,
        answers={
            str(question): here[subject].value
            for subject, question in named.items()
            if subject in here
        },
        others=[
            score
            for score in clip.scores
            if score is not ranked and (score.subject not in named or score not in here.values())
        ],
    )


def _place(value: float, spread: Distribution) -> float:
    width = spread.max - spread.min
    return round(100 * (value - spread.min) / width, 2) if width else 50.0
