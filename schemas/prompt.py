"""Prompts: one Stable-Diffusion-style text per clip, written from its captions."""

from schemas.table import Row, Table

CLIP_CONTEXT = 77
"""Tokens that CLIP reads of a text, start and end included (Radford et al. 2021)."""


class Prompt(Row):
    """The prompt of one clip."""

    clip_id: str
    text: str
    first_answer: str
    """The model's first answer, before cleaning and before asking again."""
    words: int
    clip_tokens: int | None = None
    """Length in CLIP's tokens, ends included. None where no tokenizer is at hand."""
    examples: list[str] = []
    """The example prompts that were shown."""
    attempts: int = 1
    violations: list[str] = []
    """Rules that `text` still breaks after the last attempt."""
    model: str
    revision: str


PROMPTS = Table("prompts", Prompt, key=("clip_id",))
