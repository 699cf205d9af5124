"""Scores: how well a text fits a frame or its music."""

from schemas.table import Row, Table


class Score(Row):
    """One metric of one text against one clip's frame, or against its music."""

    clip_id: str
    metric: str
    """Raw cosines, each on a scale of its own: `clip_cosine` and `siglip_cosine` against the frame,
    `clap_cosine` against the music. Of `clip_cosine` alone CLIPScore is made, 2.5 * max(cosine, 0)
    (Hessel et al. 2021)."""
    subject: str
    """The text: `prompt`, `answer:<question>` of a frame caption, or `music_caption`."""
    value: float
    truncated: bool
    """Whether the text was cut to the model's context."""
    model: str
    revision: str


SCORES = Table("scores", Score, key=("clip_id", "metric", "subject"))
