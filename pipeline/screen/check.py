"""What a check is: one question about one downloaded video."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.screen.settings import Screen
from schemas.media import Media


@dataclass(frozen=True)
class Subject:
    """A downloaded video and what a check may know about it."""

    media: Media
    path: Path
    earlier: dict[str, str]
    """sha256 of files that came before, and the video that each is of."""


@dataclass(frozen=True)
class Verdict:
    """What was measured, in the check's own unit, and what it was held against."""

    value: float
    threshold: float
    passed: bool
    detail: str | None = None
    """Why the video was dropped, for people."""


Check = Callable[[Subject, Screen], Verdict | None]
"""None where the recipe turns the check off."""
