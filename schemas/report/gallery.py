"""Clips to look at and listen to."""

from typing import Literal

from schemas.report.part import Part
from schemas.table import Seconds
from schemas.video import Split

Pick = Literal["worst", "best", "borderline", "random"]
"""Why a clip is in the gallery. `borderline`: closest to the first quartile of the prompt's score,
where a filter that drops a quarter of the clips would cut."""


class Caption(Part):
    """What one step says about a gallery clip."""

    step: str
    question: str | None
    """For frame captions: the question's short name."""
    text: str


class PromptText(Part):
    """A gallery clip's prompt."""

    step: str
    text: str
    words: int
    clip_tokens: int | None
    violations: list[str]


class ScoreValue(Part):
    """A gallery clip's score."""

    step: str
    metric: str
    subject: str
    value: float
    truncated: bool


class Missing(Part):
    """Why a step has no rows for a gallery clip."""

    step: str
    reason: str
    detail: str


class GalleryClip(Part):
    """One clip to look at and listen to. Files are relative to the report's folder."""

    clip_id: str
    video_id: str
    pick: Pick
    split: Split
    source: str
    title: str | None
    artist: str | None
    start_s: Seconds
    end_s: Seconds
    frame_pts_s: Seconds
    url: str | None
    """The source at the clip's first second; None for local files and other schemes than http."""
    frame: str | None
    """A JPEG thumbnail; None where the shard's frame could not be read."""
    frame_width: int
    frame_height: int
    """Pixels of the frame in the shard."""
    audio: str | None
    """The clip's audio as it lies in the shard; None where it could not be read."""
    frame_captions: list[Caption]
    music_captions: list[Caption]
    prompts: list[PromptText]
    scores: list[ScoreValue]
    missing: list[Missing]


class Ranking(Part):
    """The score that the gallery is chosen and sorted by."""

    step: str
    metric: str
    subject: str


class Gallery(Part):
    """Clips to look at: the worst, the best, borderline ones and random ones."""

    ranking: Ranking | None
    """None where no prompt has a score; then all clips are random ones."""
    clips: list[GalleryClip]
