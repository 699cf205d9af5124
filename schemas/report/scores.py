"""How well texts fit their clips."""

from schemas.report.part import Distribution, Interval, Part


class Floor(Part):
    """The same texts, each against the frame (or music) of a clip of another video: what a text
    reaches that has nothing to do with its clip."""

    values: Distribution
    clipscore: float | None
    """For `clip_cosine`: mean of max(cosine, 0)."""
    gap: float
    """Mean of own minus shuffled, over the clips that have both."""
    gap_interval: Interval
    won: float
    """Share of those clips whose own text scores higher; equal ones count half. 0.5 by chance."""


class ScoreSummary(Part):
    """One metric of one subject, as one step measured it."""

    step: str
    metric: str
    subject: str
    values: Distribution | None
    """None where no value is a number."""
    interval: Interval | None
    """Of the mean. None without values."""
    by_split: dict[str, Distribution]
    by_source: dict[str, Distribution]
    not_finite: int
    """Rows left out because their value is infinite or not a number."""
    truncated: int
    """Rows whose text was cut to the model's context."""
    clipscore: float | None
    """For `clip_cosine`: mean of max(cosine, 0), between 0 and 1."""
    clipscore_hessel: float | None
    """For `clip_cosine`: mean of 2.5 * max(cosine, 0), CLIPScore as first published (Hessel et al.
    2021)."""
    floor: Floor | None
    """None where the step has not scored shuffled pairs."""


class Mean(Part):
    """A mean over clips, and where it lies."""

    value: float
    interval: Interval


class ClipScores(Part):
    """One line of the table by which datasets are compared: a whole dataset, or one source."""

    name: str
    clips: int
    """That have a score of their prompt, or of an answer."""
    clipscore: Mean | None
    """Of prompts: max(cosine, 0)."""
    b_clipscore: Mean | None
    """The same of the frame captioner's answers, all questions together: what the captions reach
    that the prompt is written from."""
    shuffled: Mean | None
    """The same of prompts against frames of other videos."""
