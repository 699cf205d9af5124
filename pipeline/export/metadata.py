"""The metadata export: everything but the media, and a recipe that makes the same clips again."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.columns import read_parts
from pipeline.export.metadata_recipe import recipe_text
from pipeline.export.records import public_url, publishable
from pipeline.recipe import Recipe
from pipeline.sources.export import CLIPS_FILE, VIDEOS_FILE
from pipeline.sources.folder import Folder
from pipeline.store import Dataset
from schemas import MEDIA, VIDEOS
from schemas.export import ExportFile
from schemas.table import arrow_schema

RECIPE_FILE = "recipe.toml"
_GROUP = 10_000
"""Rows of a group: what is read at least where the clips of a few videos are wanted."""


def write_metadata(
    table: pa.Table, dataset: Dataset, recipe: Recipe, folder: Path
) -> list[ExportFile]:
    """Write what an export without media consists of:

    - `clips.parquet`, the columns of `pipeline.columns`;
    - `videos.parquet`, the rows of their videos, with `media_sha256`, and `file`, the path below
      its folder, in the place of a local video's `url`: nobody else has that. Addresses are
      without user name and password;
    - `step-NAME.parquet`, each step's rows of these clips;
    - `recipe.toml`, which builds the same clips again, and needs no model.

    Args:
        table: the chosen clips, with the columns of `pipeline.columns`.
        folder: exists.

    Returns:
        What was written, the recipe among it.
    """
    clips = table.sort_by("clip_id")
    files = [_written(folder / CLIPS_FILE, publishable(clips), len(clips))]
    videos = _videos(dataset, recipe, clips)
    files.append(_written(folder / VIDEOS_FILE, videos, len(clips)))
    ids, shards = clips["clip_id"], sorted(set(clips["shard"].to_pylist()))
    for step in recipe.steps:
        rows = read_parts(dataset, step.table, shards, step.variant)
        rows = rows.filter(pc.is_in(rows["clip_id"], ids)).select(list(step.table.row.model_fields))
        rows = rows.sort_by([(name, "ascending") for name in step.table.key])
        count = pc.count_distinct(rows["clip_id"]).as_py()
        files.append(_written(folder / f"step-{step.name}.parquet", rows, count))
    path = folder / RECIPE_FILE
    path.write_text(recipe_text(dataset, recipe), encoding="utf-8")
    return [*files, _declared(path, len(clips))]


def _videos(dataset: Dataset, recipe: Recipe, clips: pa.Table) -> pa.Table:
    """The videos of these clips, each as it was listed when it was cut."""
    names = dict(zip(clips["video_id"].to_pylist(), clips["shard"].to_pylist(), strict=True))
    shards = sorted(set(names.values()))
    digests = {
        (row["shard"], row["video_id"]): row["sha256"]
        for row in read_parts(dataset, MEDIA, shards, columns=["video_id", "sha256"]).to_pylist()
    }
    roots = {
        name: (recipe.base / Path(source.path).expanduser()).resolve()
        for name, source in recipe.sources.items()
        if isinstance(source, Folder)
    }
    rows: list[dict[str, Any]] = []
    for row in read_parts(dataset, VIDEOS, shards).to_pylist():
        if names.get(row["video_id"]) != row["shard"]:
            continue
        local = Path(row["url"])
        file = _below(local, row["source"], roots) if local.is_absolute() else None
        url = public_url(row["url"])
        digest = digests.get((row["shard"], row["video_id"]))
        rows.append(row | {"url": url, "file": file, "media_sha256": digest})
    schema = arrow_schema(VIDEOS.row)
    fields = [field.with_nullable(field.nullable or field.name == "url") for field in schema]
    more = [pa.field("file", pa.string()), pa.field("media_sha256", pa.string())]
    return pa.Table.from_pylist(rows, pa.schema([*fields, *more])).sort_by("video_id")


def _below(path: Path, source: str, roots: dict[str, Path]) -> str:
    """Where a local file lies below its source's folder; below a folder of the source's name,
    where there are several sources of files."""
    root = roots.get(source)
    name = path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.name
    return f"{source}/{name}" if len(roots) > 1 else name


def _written(path: Path, rows: pa.Table, clips: int) -> ExportFile:
    plain = rows.replace_schema_metadata(None)
    pq.write_table(plain, path, compression="zstd", row_group_size=_GROUP)
    return _declared(path, clips)


def _declared(path: Path, clips: int) -> ExportFile:
    data = path.read_bytes()
    return ExportFile(
        file=path.name,
        split=None,
        clips=clips,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
