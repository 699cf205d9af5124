"""Manifests: what a finished part or shard declares about itself. Written last, so that a part
without one does not count."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from schemas.table import Sha256


class FailureRecord(BaseModel):
    """One clip (or, while cutting, one video) that a step could not turn into rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip_id: str
    reason: str
    detail: str = ""


class ModelRecord(BaseModel):
    """The checkpoint that a part was made with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    revision: str
    digest: str | None = None
    """For local folders: a digest of the files, so that changed weights are noticed."""


class PartManifest(BaseModel):
    """Beside each Parquet part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    shard: str
    variant: str | None = None
    """`<stage>-<fingerprint>`; None for tables that no annotation stage writes."""
    config: dict[str, Any] = {}
    """The stage's configuration, without what only changes speed."""
    clips: int = 0
    """Input clips (or videos). Each ended as rows or as a failure, or was not asked for."""
    rows: int
    failures: list[FailureRecord] = []
    not_asked: list[str] = []
    """Clips that the step has not run on yet, because others were chosen."""
    digest: Sha256
    """Digest of the rows' content, without volatile columns."""
    sha256: Sha256
    """Digest of the Parquet file's bytes."""
    inputs: dict[str, Sha256] = {}
    """Content digest of each part that was read: `<table>` or `<table>/<variant>`."""
    changed_since: dict[Sha256, list[str]] = {}
    """For some earlier contents of this part, by digest: the clips whose rows are others now. What
    was made of one of those contents is up to date for all other clips."""
    models: dict[str, ModelRecord] = {}
    notes: list[str] = []
    """What a person should know about this run, such as a halved batch."""
    software: dict[str, str] = {}
    created_at: str
    seconds: float = 0.0


class ShardManifest(BaseModel):
    """Beside each tar, `shards/<shard>.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str
    clips: int
    videos: int
    sha256: Sha256
    """Of the tar."""
    bytes: int
    cut: dict[str, Any]
    """The cutting configuration that made it."""
    inputs: dict[str, Sha256]
    software: dict[str, str] = {}
    created_at: str
