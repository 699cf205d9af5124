"""What an audit looks at: rows in memory, and a way to the media."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.audit.settings import Auditing
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ModelRecord
from schemas.match import Match
from schemas.media import Media, Screening
from schemas.table import Row, Sha256
from schemas.video import Video


@dataclass(frozen=True)
class StepData:
    """One annotation step, all shards together. A step that has not run has neither rows nor
    failures."""

    name: str
    variant: str
    table: str
    rows: list[Row]
    failures: list[FailureRecord]
    models: dict[str, ModelRecord]


@dataclass(frozen=True)
class AuditData:
    """One dataset."""

    dataset: str
    """Its name, for people."""
    content_digest: str
    """Of all that follows, as `framesong verify` prints it."""
    videos: list[Video]
    """In the order of listing: of a video that is listed twice, the later row counts."""
    media: list[Media]
    """Likewise."""
    screening: list[Screening]
    matches: list[Match]
    clips: list[Clip]
    cut_failures: list[FailureRecord]
    """`clip_id` is that of a clip, or of a video that could not be cut at all."""
    steps: list[StepData]
    """In the recipe's order."""
    tar: Callable[[str], Path | None]
    """A shard's media; None where the tar is gone. Read its members by `pipeline.media.members`."""
    tars: Mapping[str, Sha256] = field(default_factory=dict)
    """The digest of each committed shard's tar: equal digests, equal media."""
    settings: Auditing = field(default_factory=Auditing)
    """The recipe's, with absolute paths."""
    stated: Auditing = field(default_factory=Auditing)
    """The same as it stands in the recipe."""
