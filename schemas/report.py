"""The audit report's typed content: `report.json`, and the figures that `index.html` shows."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.media import MediaStatus
from schemas.table import Seconds, Sha256
from schemas.video import Split

StepState = Literal["complete", "incomplete", "failed", "not_run"]
"""`incomplete`: clips are waiting. `failed`: every clip that was tried failed. `not_run`: nothing
was tried yet."""

Pick = Literal["worst", "best", "borderline", "random"]
"""Why a clip is in the gallery. `borderline`: closest to the first quartile of the prompt's score,
where a filter that drops a quarter of the clips would cut."""


class Part(BaseModel):
    """One part of a report. Immutable; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Counts(Part):
    """Videos: `listed` = `dropped` + `waiting` + `with_clips`."""

    listed: int
    fetched: int
    """Downloaded and usable."""
    dropped: int
    """Gave no clip and will not: lost while fetching, screening or cutting."""
    waiting: int
    """Not dropped, and not cut yet."""
    with_clips: int
    songs: int
    """Among the videos with clips; versions of one song count once."""
    clips: int
    hours: float
    """Of audio, in the clips."""


class Breakdown(Part):
    """The counts of the whole dataset and of its parts, by name."""

    total: Counts
    by_split: dict[str, Counts]
    by_source: dict[str, Counts]


class Example(Part):
    """One thing that was dropped."""

    id: str
    """Of a video or a clip."""
    title: str | None
    detail: str
    """One line for people; may be empty."""


class Drop(Part):
    """What was lost for one reason at one point of a dataset's life."""

    stage: str
    """`fetch`, `screen`, `cut`, or the name of an annotation step."""
    reason: str
    status: MediaStatus | None
    """For `fetch`: the class of the reason."""
    videos: int
    """Videos that gave no clip because of it; each lost video counts once in the report."""
    clips: int
    """Clips that could not be cut, or for which the step has no rows."""
    examples: list[Example]


class ModelUse(Part):
    """The checkpoint behind one option of a step."""

    option: str
    model: str
    revision: str
    digest: Sha256 | None


class StepSummary(Part):
    """What one annotation step has done: `clips` = `done` + `failed` + `waiting`."""

    name: str
    variant: str
    table: str
    state: StepState
    rows: int
    clips: int
    done: int
    """Clips with at least one row."""
    failed: int
    waiting: int
    failures: dict[str, int]
    """Clips by reason, the commonest first."""
    models: list[ModelUse]


class Quantile(Part):
    """The value that `share` of all values do not exceed, interpolated linearly."""

    share: float
    value: float


class Histogram(Part):
    """`counts[i]` values lie in [`edges[i]`, `edges[i + 1]`)."""

    edges: list[float]
    counts: list[int]


class Distribution(Part):
    """How a set of at least one finite value is spread."""

    count: int
    mean: float
    min: float
    max: float
    quantiles: list[Quantile]
    histogram: Histogram


class ScoreSummary(Part):
    """One metric of one subject, as one step measured it."""

    step: str
    metric: str
    subject: str
    values: Distribution | None
    """None where no value is a number."""
    not_finite: int
    """Rows left out because their value is infinite or not a number."""
    truncated: int
    """Rows whose text was cut to the model's context."""
    clipscore: float | None
    """For `clip_cosine`: mean of 2.5 * max(cosine, 0) (Hessel et al. 2021)."""


class PromptSummary(Part):
    """The prompts that one step wrote."""

    step: str
    prompts: int
    words: Distribution | None
    clip_tokens: Distribution | None
    """Of the prompts whose tokens were counted, ends included; None where none were."""
    truncated: int
    """Prompts of more than 77 CLIP tokens: CLIP reads no further."""
    truncated_share: float | None
    """Of the prompts whose tokens were counted."""
    asked_again: int
    """Prompts that took more than one attempt."""
    violating: int
    """Prompts that break at least one rule."""
    violations: dict[str, int]
    """Prompts by the rule that they break, the commonest first; one can break several."""


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


class Report(Part):
    """Whether a dataset is worth training on, and where it is bad."""

    dataset: str
    created_at: str
    """ISO 8601, UTC."""
    content_digest: Sha256
    """Of the dataset as it was then: `framesong verify` prints today's."""
    remarks: list[str]
    """What a reader should know first, such as a step that failed on every clip."""
    counts: Breakdown
    drops: list[Drop]
    steps: list[StepSummary]
    scores: list[ScoreSummary]
    prompts: list[PromptSummary]
    gallery: Gallery
