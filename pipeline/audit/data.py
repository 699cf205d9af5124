"""What an audit looks at: rows in memory, and a way to the media."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.stage import Sample
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ModelRecord
from schemas.match import Match
from schemas.media import Media, Screening
from schemas.table import Row
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
    samples: Callable[[str], Iterator[Sample]]
    """A shard's clips with their media; nothing where the tar is gone."""
