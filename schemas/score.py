"""Scores: how well a text fits a frame or its music."""

from schemas.table import Row, Table

SHUFFLED = "shuffled:"
"""What the subjects of shuffled pairs begin with."""


class Score(Row):
    """One metric of one text against one clip's frame, or against its music."""

    clip_id: str
    metric: str
    """Raw cosines, each on a scale of its own: `clip_cosine` and `siglip_cosine` against the frame,
    `clap_cosine` against the music. Of `clip_cosine` alone CLIPScore is made, max(cosine, 0), or
    2.5 times that as first published (Hessel et al. 2021)."""
    subject: str
    """The text: `prompt`, `answer:<question>` of a frame caption, or `music_caption`. With
    `shuffled:` before it, that text of a clip of another video in the same shard, against this
    clip's frame or music: what a text reaches that has nothing to do with the clip. Never a text of
    the clip's own."""
    value: float
    truncated: bool
    """Whether the text was cut to the model's context."""
    model: str
    revision: str


SCORES = Table("scores", Score, key=("clip_id", "metric", "subject"))


def shuffled(subject: str) -> str:
    """The subject of a text's shuffled pairs.

    >>> shuffled("prompt")
    'shuffled:prompt'
    """
    return SHUFFLED + subject


def is_shuffled(subject: str) -> bool:
    """Whether a subject is of shuffled pairs, and so of no text of the clip's own."""
    return subject.startswith(SHUFFLED)
