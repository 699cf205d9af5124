"""From sources to shards: list, fetch, screen, cut. Each function does one shard's share, finishes
its part on disk, and can be killed at any moment and called again."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pipeline.acquire.fetch import fetch_videos
from pipeline.errors import DatasetError
from pipeline.failures import RETRIED, last_attempts
from pipeline.media.clips import cut_video
from pipeline.media.shard import write_shard
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.screen import screen
from pipeline.sources.listing import Listing, assign, place_again
from pipeline.stage import Failure, Sample
from pipeline.store import Dataset, now
from schemas import CLIPS, MEDIA, SCREENING, VIDEOS
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ShardManifest
from schemas.media import Media
from schemas.video import Video

Note = Callable[[str], None]


def list_videos(dataset: Dataset, recipe: Recipe, note: Note) -> Listing:
    """List all sources and give what is new its place in new shards."""
    listing = ask_sources(dataset, recipe, note)
    _write_videos(dataset, listing.videos)
    return listing


def ask_sources(dataset: Dataset, recipe: Recipe, note: Note) -> Listing:
    """What listing would add. Writes nothing."""
    listed = (
        (name, video)
        for name, source in recipe.sources.items()
        for video in source.list(recipe.base, note)
    )
    settings = recipe.dataset
    return assign(
        listed,
        known=list(dataset.read_all(VIDEOS)),
        seed=settings.seed,
        eval_fraction=settings.eval_fraction,
        videos_per_shard=settings.videos_per_shard,
    )


def _write_videos(dataset: Dataset, videos: list[Video]) -> None:
    for shard, members in groupby(sorted(videos, key=VIDEOS.key_of), lambda video: video.shard):
        dataset.write(VIDEOS, shard, list(members), software=software())


def fetch_shard(
    dataset: Dataset,
    recipe: Recipe,
    shard: str,
    on_done: Callable[[Media], None],
    stop: threading.Event | None = None,
) -> bool:
    """Get the media of a shard's videos and screen them. Call it shard by shard, in order: a
    video counts as a duplicate of those that were fetched before it.

    Returns:
        Whether the shard is ready to be cut; not if `stop` was set before all was fetched.

    Raises:
        SessionBlocked: a site asks us to stop.
    """
    videos = dataset.read(VIDEOS, shard)
    if dataset.manifest(MEDIA, shard) is None:
        folder = dataset.media_folder(shard)
        media = fetch_videos(videos, folder, recipe.fetch, on_done, stop)
        if len(media) < len(videos):
            return False
        dataset.write(MEDIA, shard, media, software=software())
    media = dataset.read(MEDIA, shard)
    verdicts = screen(
        videos, media, _earlier(dataset, shard), recipe.screen, lambda row: _file(dataset, row)
    )
    dataset.write(SCREENING, shard, verdicts, software=software())
    return True


def fetched(dataset: Dataset, shard: str) -> bool:
    """Whether a shard is ready to be cut."""
    return dataset.manifest(SCREENING, shard) is not None


def _earlier(dataset: Dataset, shard: str) -> dict[str, str]:
    """For each file that other shards accepted: its sha256 and the video it is of."""
    found = {}
    for other in dataset.shards():
        if other != shard and fetched(dataset, other):
            for row in accepted(dataset, other):
                found[str(row.sha256)] = row.video_id
    return found


def accepted(dataset: Dataset, shard: str) -> list[Media]:
    """The media that were fetched and passed every check."""
    dropped = {row.video_id for row in dataset.read(SCREENING, shard) if not row.passed}
    return [
        row
        for row in dataset.read(MEDIA, shard)
        if row.status == "ok" and row.video_id not in dropped
    ]


def _file(dataset: Dataset, media: Media) -> Path:
    return dataset.root / str(media.file)


@dataclass(frozen=True)
class CutResult:
    """What came of cutting one shard."""

    videos: int
    videos_with_clips: int
    clips: int
    failures: tuple[FailureRecord, ...]


def cut_facts(recipe: Recipe) -> dict[str, object]:
    """What decides a shard's bytes, besides the videos."""
    return {"seed": recipe.dataset.seed, **recipe.cut.model_dump()}


def check_cut(dataset: Dataset, recipe: Recipe) -> None:
    """Shards are immutable: refuse a recipe that would cut new ones otherwise than the old.

    Raises:
        DatasetError: names the first option that differs.
    """
    wanted = cut_facts(recipe)
    for shard in dataset.shards():
        manifest = dataset.shard_manifest(shard)
        if manifest is None or manifest.cut == wanted:
            continue
        option = next(key for key in wanted if manifest.cut.get(key) != wanted[key])
        raise DatasetError(
            f"`{option}` is {wanted[option]!r} in {recipe.file.name}, but {shard} was cut with "
            f"{manifest.cut.get(option)!r}. Shards never change: set it back, or name another "
            "folder in [dataset] path."
        )


def cut_shard(dataset: Dataset, recipe: Recipe, shard: str) -> CutResult:
    """Cut a fetched shard's videos, write its tar and clips, and declare it finished."""
    videos = {video.video_id: video for video in dataset.read(VIDEOS, shard)}
    media = sorted(accepted(dataset, shard), key=lambda row: row.video_id)
    clips: list[Clip] = []
    failures: list[Failure] = []

    def samples() -> Iterator[Sample]:
        for row in media:
            video = videos[row.video_id]
            path = _file(dataset, row)
            for outcome in cut_video(video, path, recipe.cut, recipe.dataset.seed):
                if isinstance(outcome, Failure):
                    failures.append(outcome)
                    continue
                clips.append(outcome[0])
                yield outcome[1]

    tar = write_shard(dataset.tar(shard), samples())
    records = [
        FailureRecord(clip_id=each.clip_id, reason=each.reason, detail=each.detail)
        for each in failures
    ]
    inputs = {
        table.name: manifest.digest
        for table in (VIDEOS, MEDIA, SCREENING)
        if (manifest := dataset.manifest(table, shard))
    }
    dataset.write(
        CLIPS,
        shard,
        clips,
        clips=len(clips) + len(records),
        failures=records,
        inputs=inputs,
        software=software(),
    )
    dataset.write_shard_manifest(
        ShardManifest(
            shard=shard,
            clips=tar.clips,
            videos=len(media),
            sha256=tar.sha256,
            bytes=tar.bytes,
            cut=cut_facts(recipe),
            inputs=inputs,
            software=software(),
            created_at=now(),
        )
    )
    if not recipe.fetch.keep_media:
        dataset.delete_media(shard)
    return CutResult(len(media), len({clip.video_id for clip in clips}), len(clips), tuple(records))


def relist_failed(dataset: Dataset, recipe: Recipe) -> list[Video]:
    """List once more, in new shards, the videos whose last attempt may end otherwise next time."""
    failed = [
        video
        for video, media in last_attempts(dataset)
        if media is not None and media.status in RETRIED
    ]
    videos = place_again(failed, dataset.shards(), recipe.dataset.videos_per_shard)
    _write_videos(dataset, videos)
    return videos


@dataclass(frozen=True)
class CutJob:
    """What a worker process does to cut shard after shard."""

    recipe: Recipe
    name: str = "cut"

    def __call__(self, shard: str, device: str, note: Note) -> CutResult:
        """Cut one shard. The device does not matter: cutting needs the processor only."""
        return cut_shard(Dataset(self.recipe.root), self.recipe, shard)
