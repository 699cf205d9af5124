"""What a source is: a place that can say which videos there are."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

from pipeline.settings import Settings
from schemas.table import Seconds

Note = Callable[[str], None]
"""Tells people one line about something that was left out, and why."""

Texts = list[str]
"""For fields of sources, where `list` would mean the method."""


@dataclass(frozen=True)
class Listed:
    """What a source knows about one video. Text is as the site gave it: treat it as hostile."""

    video_id: str
    """From `pipeline.sources.ids`: unique, and safe as a file name."""
    site: str
    url: str
    """`http` or `https`; an absolute local path from the folder source."""
    title: str | None = None
    artist: str | None = None
    track: str | None = None
    channel: str | None = None
    duration_s: Seconds | None = None
    upload_date: str | None = None
    """`YYYYMMDD`."""
    licence: str | None = None
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Half surrogates, which JSON can smuggle in and no file can hold, become `?`."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str):
                object.__setattr__(self, field.name, value.encode("utf-8", "replace").decode())


class Source(Settings, ABC):
    """One place to list videos from. The fields of a subclass are the options of its
    `[source.NAME]` table in a recipe, whose `kind` is the subclass's."""

    kind: ClassVar[str]

    @abstractmethod
    def list(self, base: Path, note: Note) -> Iterator[Listed]:
        """The videos that this source knows of, always in the same order. Nothing is downloaded.

        Args:
            base: the folder that relative paths in the recipe start from.
            note: called for every entry that is left out.

        Raises:
            SourceError: the source cannot be read, or has no usable entry at all.
            SessionBlocked: the site asks to stop for a while.
        """
