"""The audit report's typed content: `report.json`, and the figures that `index.html` shows."""

from typing import Any

from schemas.report.comparison import Comparison
from schemas.report.facts import MediaFacts
from schemas.report.gallery import (
    Caption,
    Gallery,
    GalleryClip,
    Missing,
    Pick,
    PromptText,
    Ranking,
    ScoreValue,
)
from schemas.report.losses import Breakdown, Counts, Drop, Example
from schemas.report.part import Distribution, Histogram, Interval, Part, Quantile
from schemas.report.scores import ClipScores, Floor, Mean, ScoreSummary
from schemas.report.steps import ModelUse, StepState, StepSummary
from schemas.report.texts import (
    Alike,
    Likeness,
    Overlap,
    PromptSummary,
    Provenance,
    Variety,
    WordUse,
)
from schemas.table import Sha256

__all__ = [
    "Alike",
    "Breakdown",
    "Caption",
    "ClipScores",
    "Comparison",
    "Counts",
    "Distribution",
    "Drop",
    "Example",
    "Floor",
    "Gallery",
    "GalleryClip",
    "Histogram",
    "Interval",
    "Likeness",
    "Mean",
    "MediaFacts",
    "Missing",
    "ModelUse",
    "Overlap",
    "Part",
    "Pick",
    "PromptSummary",
    "PromptText",
    "Provenance",
    "Quantile",
    "Ranking",
    "Report",
    "ScoreSummary",
    "ScoreValue",
    "StepState",
    "StepSummary",
    "Variety",
    "WordUse",
]


class Report(Part):
    """Whether a dataset is worth training on, and where it is bad."""

    dataset: str
    created_at: str
    """ISO 8601, UTC."""
    content_digest: Sha256
    """Of the dataset as it was then: `framesong verify` prints today's."""
    settings: dict[str, Any]
    """The `[audit]` options that it was made with, as the recipe states them."""
    remarks: list[str]
    """What a reader should know first, such as a step that failed on every clip."""
    counts: Breakdown
    drops: list[Drop]
    steps: list[StepSummary]
    scores: list[ScoreSummary]
    clipscores: list[ClipScores]
    """The whole dataset, then each source where there are several. Empty without CLIP scores."""
    prompts: list[PromptSummary]
    overlaps: list[Overlap]
    """Of each two kinds of text."""
    media: MediaFacts
    gallery: Gallery
