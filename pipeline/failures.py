"""Everything that is not in the dataset, with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import CLIPS, MEDIA, SCREENING, VIDEOS
from schemas.media import Media
from schemas.video import Video

RETRIED = ("transient", "session")
"""Outcomes of a fetch that another attempt may change."""


@dataclass(frozen=True)
class Loss:
    """One video or clip that did not become rows, and where that happened."""

    where: str
    """`fetch`, `screen`, `cut`, or the name of a step."""
    kind: str
    """For a fetch its class (`transient`, `permanent`, …), else `dropped` or `failed`."""
    reason: str
    subject: str
    """The video's or clip's id."""
    shard: str
    detail: str


def last_attempts(dataset: Dataset) -> list[tuple[Video, Media | None]]:
    """Each listed video once, as it was listed last, with what came of that fetch if it ran."""
    last: dict[str, tuple[Video, Media | None]] = {}
    for shard in dataset.shards():
        media = {row.video_id: row for row in dataset.read(MEDIA, shard)}
        for video in dataset.read(VIDEOS, shard):
            last[video.video_id] = (video, media.get(video.video_id))
    return list(last.values())


def losses(dataset: Dataset, recipe: Recipe) -> Iterator[Loss]:
    """What failed or was dropped, in the order of the pipeline."""
    yield from _unfetched(dataset)
    for shard in dataset.shards():
        for row in dataset.read(SCREENING, shard):
            if not row.passed:
                detail = row.detail or f"{row.value:g}, allowed {row.threshold:g}"
                yield Loss("screen", "dropped", row.check, row.video_id, shard, detail)
    tables = [("cut", CLIPS, None), *((s.name, s.table, s.variant) for s in recipe.steps)]
    for where, table, variant in tables:
        for shard in dataset.shards():
            manifest = dataset.manifest(table, shard, variant)
            for each in manifest.failures if manifest else ():
                yield Loss(where, "failed", each.reason, each.clip_id, shard, each.detail)


def _unfetched(dataset: Dataset) -> Iterator[Loss]:
    for video, media in last_attempts(dataset):
        if media and media.status != "ok":
            reason, detail = media.reason or media.status, media.detail or ""
            yield Loss("fetch", media.status, reason, video.video_id, video.shard, detail)
