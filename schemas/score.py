"""Scores: how well a text fits a frame."""

from schemas.table import Row, Table


class Score(Row):
    """One metric of one text against one clip's frame."""

    clip_id: str
    metric: str
    """`clip_cosine`: the raw cosine; CLIPScore is 2.5 * max(cosine, 0) (Hessel et al. 2021)."""
    subject: str
    """`prompt`, or `answer:<question>`."""
    value: float
    truncated: bool
    """Whether the text was cut to the model's context."""
    model: str
    revision: str


SCORES = Table("scores", Score, key=("clip_id", "metric", "subject"))
