"""Captions: what models say about a clip's frame and about its music."""

from schemas.table import Row, Table


class FrameCaption(Row):
    """One answer to one question about one frame."""

    clip_id: str
    question: str
    """The question's short name in the recipe."""
    prompt: str
    """The text that the model was given, in the model's own prompt form."""
    answer: str
    model: str
    revision: str


class MusicCaption(Row):
    """A description of one clip's music."""

    clip_id: str
    text: str
    model: str
    revision: str


FRAME_CAPTIONS = Table("frame_captions", FrameCaption, key=("clip_id", "question"))
MUSIC_CAPTIONS = Table("music_captions", MusicCaption, key=("clip_id",))
