"""Prompts: one Stable-Diffusion-style text per clip, written from its captions."""

from schemas.table import Row, Table


class Prompt(Row):
    """The prompt of one clip."""

    clip_id: str
    text: str
    first_answer: str
    """The model's first answer, before cleaning and before asking again."""
    words: int
    clip_tokens: int | None = None
    """Length in CLIP's tokens, ends included; CLIP reads 77. None where no tokenizer is at hand."""
    examples: list[str] = []
    """The example prompts that were shown."""
    attempts: int = 1
    violations: list[str] = []
    """Rules that `text` still breaks after the last attempt."""
    model: str
    revision: str


PROMPTS = Table("prompts", Prompt, key=("clip_id",))
