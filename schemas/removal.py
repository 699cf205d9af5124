"""What was taken out of a dataset, so that it never comes back: `removed.json`; and what a removal
did."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.table import Sha256


class Removed(BaseModel):
    """A tombstone: an id, and nothing else of what was removed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Literal["video", "clip"]
    reason: str = ""
    """The user's words."""
    removed_at: str
    """ISO 8601, UTC."""
    url_sha256: Sha256 | None = None
    """Of a video's address: it is not listed again under another id either."""


class Pending(BaseModel):
    """What an interrupted removal has not finished."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: list[str]
    """Of videos and of all clips, theirs included."""
    shards: list[str]
    """Whose tars held them."""


class Removals(BaseModel):
    """All tombstones of a dataset, in the order of their making."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    removed: list[Removed] = []
    pending: Pending | None = None
    """Set before anything is taken out, and None again when all of it is."""


class ChangedExport(BaseModel):
    """An export that something was taken out of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    files: list[str]
    """Relative to it: what trainers must read again."""


class Removal(BaseModel):
    """What a removal did; or, of a dry run, what it would do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    videos: list[str] = []
    """Removed now."""
    clips: list[str] = []
    """Removed now, those of the videos included."""
    already: list[str] = []
    """Asked for, but removed before."""
    finished: list[str] = []
    """Videos and clips that an interrupted removal had left in places, and that are out now."""
    shards: list[str] = []
    """Whose tar is another now: what trainers must read again."""
    emptied: list[str] = []
    """Those of the shards that hold no clip any more."""
    parts: dict[str, int] = {}
    """Rewritten parts by table, or by `<table>/<variant>`."""
    downloads: list[str] = []
    """Deleted files, relative to the dataset."""
    report: bool = False
    """Whether there was a report, which is to be made anew."""
    comparisons: list[str] = []
    """Deleted folders."""
    exports: list[ChangedExport] = []
    exports_not_found: list[str] = []
    """Known exports that lie where they were made no more: there somebody else must act."""
    copies: list[str] = []
    """Videos that were dropped as copies of a removed one. They stay out."""
