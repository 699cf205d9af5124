"""Check everything that a dataset says about itself."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DatasetError
from pipeline.media.shard import read_shard
from pipeline.recipe import Recipe
from pipeline.removal.remains import remains
from pipeline.steps import BASE_TABLES
from pipeline.store import Dataset
from schemas import CLIPS, VIDEOS
from schemas.clip import Clip
from schemas.table import Row, Table, content_digest


@dataclass(frozen=True)
class Verdict:
    """What a verification found. `digest` names the content: tars and rows, no times or paths."""

    digest: str
    shards: int
    parts: int
    clips: int
    problems: tuple[str, ...]


def verify(dataset: Dataset, recipe: Recipe, on_shard: Callable[[str], None]) -> Verdict:
    """Read every file back: digests, row counts, and references between tables and tars."""
    tables = recipe.tables()
    problems = list(_unlisted(dataset))
    parts = clips = 0
    for shard in dataset.shards():
        rows = dataset.read(CLIPS, shard) if _whole(dataset, CLIPS, shard) else []
        clips += len(rows)
        problems += _check_tar(dataset, shard, rows)
        ids = {clip.clip_id for clip in rows}
        for table, variant in tables:
            parts += dataset.manifest(table, shard, variant) is not None
            problems += _check_part(dataset, table, shard, variant, ids)
        on_shard(shard)
    problems += remains(dataset)
    return Verdict(
        dataset.content_digest(tables), len(dataset.shards()), parts, clips, tuple(problems)
    )


def _unlisted(dataset: Dataset) -> Iterator[str]:
    for name in sorted({path.stem for path in dataset.tar("any").parent.glob("[!.]*.*")}):
        if name not in dataset.shards():
            yield f"{name}: no list of videos has this shard, or that list's manifest is gone"


def _whole(dataset: Dataset, table: Table[Row], shard: str, variant: str | None = None) -> bool:
    manifest = dataset.manifest(table, shard, variant)
    path = dataset.part(table, shard, variant)
    return manifest is not None and path.exists() and _sha256(path) == manifest.sha256


def _check_part(
    dataset: Dataset, table: Table[Row], shard: str, variant: str | None, clips: set[str]
) -> Iterator[str]:
    manifest = dataset.manifest(table, shard, variant)
    name = "/".join(filter(None, (table.name, variant, shard)))
    if manifest is None:
        if dataset.part(table, shard, variant).exists():
            yield f"{name}: not finished, or its manifest is gone"
        return
    if not _whole(dataset, table, shard, variant):
        yield f"{name}: the file is missing or its bytes are not those that were written"
        return
    try:
        rows = dataset.read(table, shard, variant)
    except DatasetError as error:
        yield str(error)
        return
    if content_digest(table, rows) != manifest.digest or len(rows) != manifest.rows:
        yield f"{name}: its rows are not those that the manifest declares"
    if table not in BASE_TABLES:
        done = {str(getattr(row, "clip_id", "")) for row in rows}
        if alien := done - clips:
            yield f"{name}: {len(alien)} rows are of clips that do not exist, such as {min(alien)}"
        others = [*(each.clip_id for each in manifest.failures), *manifest.not_asked]
        accounted = len(done) + len(others)
        if accounted != len(clips) or accounted != manifest.clips or clips - done - {*others}:
            yield f"{name}: accounts for {accounted} clips of {len(clips)}"


def _check_tar(dataset: Dataset, shard: str, clips: list[Clip]) -> Iterator[str]:
    manifest = dataset.shard_manifest(shard)
    path = dataset.tar(shard)
    if manifest is None:
        if path.exists():
            yield f"{path.name}: not finished, or its manifest is gone"
        return
    if not path.exists():
        yield f"{path.name} is gone"
        return
    if _sha256(path) != manifest.sha256:
        yield f"{path.name}: its bytes are not those that were written"
        return
    expected = {clip.clip_id: (clip.audio_sha256, clip.frame_sha256) for clip in clips}
    found = {
        sample.clip_id: (
            hashlib.sha256(sample.audio).hexdigest(),
            hashlib.sha256(sample.frame).hexdigest(),
        )
        for sample in read_shard(path)
    }
    if expected != found:
        different = {key for key in expected | found if expected.get(key) != found.get(key)}
        yield f"{path.name}: {len(different)} clips differ from the table, such as {min(different)}"
    if not _whole(dataset, VIDEOS, shard):
        return
    videos = {video.video_id for video in dataset.read(VIDEOS, shard)}
    if orphans := {clip.video_id for clip in clips} - videos:
        yield f"{path.name}: clips of videos that are not listed, such as {min(orphans)}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
