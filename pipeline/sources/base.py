"""What a source is: a place that can say which videos there are."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from pipeline.acquire.settings import Fetching
from pipeline.settings import Settings
from schemas.table import Seconds
from schemas.video import Split

Note = Callable[[str], None]
"""Tells people one line about something that was left out, and why."""

Texts = list[str]
"""For fields of sources, where `list` would mean the method."""

_MAX_TEXT = 1000
"""Characters of a stated text. YouTube's titles have at most 100; a page may state megabytes."""


class Governor(Protocol):
    """Decides when a site may be asked."""

    def wait(self, site: str, stop: threading.Event) -> None:
        """Block until `site` may be asked."""

    def asked(self, site: str) -> None:
        """Note that `site` has just answered."""

    def blocked(
        self, site: str, reason: str, retry_after_s: Seconds | None = None, detail: str = ""
    ) -> None:
        """Rest because `site` asks us to stop; raise `SessionBlocked` once that is no use."""


@dataclass(frozen=True)
class Asking:
    """How sources ask, and whom they tell."""

    base: Path
    """The folder that relative paths in the recipe start from."""
    note: Note
    """Called for everything that is left out."""
    fetching: Fetching
    """Time-outs, retries, cookies and proxy of every request."""
    cache: Path
    """A folder of the dataset for answers that need not be asked for twice; made when needed."""
    governor: Governor | None = None
    """Without one, lists are asked for without a pause."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from outside, it ends the governor's pauses."""


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
    live_status: str | None = None
    """As yt-dlp states it: `not_live`, `was_live`, `is_live`, `is_upcoming`, `post_live`."""
    age_limit: int | None = None
    """Years."""
    labels: tuple[str, ...] = ()
    song: str | None = None
    """The id of its song, where that was settled elsewhere; then its side of the split was, too."""
    side: Split | None = None

    def __post_init__(self) -> None:
        """Half surrogates, which JSON can smuggle in and no file can hold, become `?`; endless
        texts are cut."""
        for name, value in vars(self).items():  # none is added or taken away
            if isinstance(value, str) and not (value.isascii() and len(value) <= _MAX_TEXT):
                object.__setattr__(self, name, _storable(value, name == "url"))


def _storable(text: str, whole: bool) -> str:
    kept = text if whole else text[:_MAX_TEXT]
    return kept.encode("utf-8", "replace").decode()


class Source(Settings, ABC):
    """One place to list videos from. The fields of a subclass are the options of its
    `[source.NAME]` table in a recipe, whose `kind` is the subclass's."""

    kind: ClassVar[str]

    @abstractmethod
    def list(self, asking: Asking) -> Iterator[Listed]:
        """The videos that this source knows of, always in the same order. Nothing is downloaded.

        Raises:
            SourceError: the source cannot be read, or has no usable entry at all.
            SessionBlocked: the site asks to stop for a while.
        """
