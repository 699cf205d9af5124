"""What a user asks an export to hold."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RecipeError
from schemas.export import Format
from schemas.video import Split

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class ExportRequest:
    """One export."""

    out: Path
    """The folder to fill: absent, empty, or an earlier export."""
    format: Format
    name: str = ""
    """First part of file names; by default the card's name, else that of the dataset's folder."""
    where: str = ""
    """An SQL condition over the columns of `pipeline.columns`; empty for all clips."""
    splits: tuple[Split, ...] = ("train", "eval")
    seed: int = 0
    """Of the order of clips."""
    clips_per_shard: int = 1000
    """Clips in one tar or Parquet file; the last has what is left."""
    clips: frozenset[str] | None = None
    """Only these; None for all."""

    def __post_init__(self) -> None:
        if self.clips_per_shard < 1:
            raise RecipeError("A file of an export holds at least 1 clip: raise clips per shard.")
        if not self.splits:
            raise RecipeError("Name a split to export: train or eval.")
        if self.name and not _NAME.fullmatch(self.name):
            raise RecipeError(
                f"An export cannot be named {self.name[:80]!r}: file names begin with it. Use up "
                "to 100 letters, digits, `.`, `_` and `-`, a letter or digit first."
            )


def file_name(name: str) -> str:
    """A name that files may begin with, made of any.

    >>> file_name("Anime & Musik ⅓")
    'Anime-Musik'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:100]
    return plain or "dataset"
