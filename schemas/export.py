"""What an export declares about itself (`export.json`, written last), and which exports a dataset
knows of (`exports.json`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.table import Sha256
from schemas.video import Split

Format = Literal["webdataset", "parquet", "metadata"]


class ExportFile(BaseModel):
    """One data file of an export, relative to its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    split: Split | None
    """None for files that hold both."""
    clips: int
    bytes: int
    sha256: Sha256


class ExportManifest(BaseModel):
    """`export.json`. Equal datasets and options give equal bytes: it holds no time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Format
    name: str
    where: str
    """The condition; empty for all clips."""
    splits: list[Split]
    seed: int
    clips: int
    left_out: dict[str, int]
    """Clips by why they are not in it, such as `condition`, `no prompt`."""
    content_digest: Sha256
    """Of the dataset that it was made from."""
    files: list[ExportFile]
    software: dict[str, str] = {}


class KnownExport(BaseModel):
    """An export that was made of a dataset: where `framesong remove` looks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """Absolute."""
    format: Format
    made_at: str
    """ISO 8601, UTC."""


class KnownExports(BaseModel):
    """All exports of a dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exports: list[KnownExport] = []
