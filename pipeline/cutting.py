"""Cut a shard's chosen videos. Finishes a part on disk; can be killed at any moment and called
again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.choose import accepted, located
from pipeline.errors import DatasetError
from pipeline.media.clips import cut_video
from pipeline.media.settings import Cutting
from pipeline.media.shard import write_shard
from pipeline.media.windows import Window, windows_digest
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.removal.tombstones import gone, staying
from pipeline.sources.export import Export
from pipeline.stage import Failure, Sample
from pipeline.store import Dataset, now
from schemas import CLIPS, MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ShardManifest

WINDOWS = "windows"
"""The fact that given windows, as of an export, were cut: a digest of them."""

Note = Callable[[str], None]


def cut_facts(recipe: Recipe) -> dict[str, object]:
    """What decides a shard's bytes, besides the videos."""
    return {"seed": recipe.dataset.seed, **recipe.cut.model_dump()}


def check_cut(dataset: Dataset, recipe: Recipe) -> None:
    """Shards are immutable: refuse a recipe that would cut new ones otherwise than the old.

    Raises:
        DatasetError: names the first option that differs.
    """
    wanted = cut_facts(recipe)
    defaults = Cutting().model_dump()  # for options that are younger than a shard
    for shard in dataset.shards():
        manifest = dataset.shard_manifest(shard)
        if manifest is None:
            continue
        given = given_windows(dataset, recipe, shard)
        today = wanted | {WINDOWS: None} | windows_fact(given)
        cut = defaults | manifest.cut
        option = next((key for key in today if cut.get(key) != today[key]), None)
        if option is None:
            continue
        raise DatasetError(
            f"`{option}` is {today[option]!r} in {recipe.file.name}, but {shard} was cut with "
            f"{cut.get(option)!r}. Shards never change: set it back, or name another "
            "folder in [dataset] path."
        )


def given_windows(dataset: Dataset, recipe: Recipe, shard: str) -> dict[str, list[Window]]:
    """For each of a shard's videos that comes from an export: the windows that are cut there, which
    may be none.

    Raises:
        SourceError: the export cannot be used.
    """
    exports = {name: each for name, each in recipe.sources.items() if isinstance(each, Export)}
    if not exports:
        return {}
    sources = {video.video_id: video.source for video in dataset.read(VIDEOS, shard)}
    given: dict[str, list[Window]] = {
        video_id: [] for video_id, source in sources.items() if source in exports
    }
    for export in exports.values():
        given |= export.windows(recipe.base, sources.keys(), recipe.cut.clip_seconds)
    return given


def windows_fact(given: dict[str, list[Window]]) -> dict[str, object]:
    """What given windows add to `cut_facts`."""
    return {WINDOWS: windows_digest(given)} if given else {}


@dataclass(frozen=True)
class CutResult:
    """What came of cutting one shard."""

    videos: int
    videos_with_clips: int
    clips: int
    failures: tuple[FailureRecord, ...]


def cut_shard(dataset: Dataset, recipe: Recipe, shard: str) -> CutResult:
    """Cut a fetched shard's videos, write its tar and clips, and declare it finished."""
    videos = {video.video_id: video for video in dataset.read(VIDEOS, shard)}
    media = sorted(accepted(dataset, shard), key=lambda row: row.video_id)
    pictures = {
        row.video_id: (left, top, right, bottom)
        for row in dataset.read(MEASURES, shard)
        if row.picture
        for left, top, right, bottom in [row.picture]
    }
    given = given_windows(dataset, recipe, shard)
    out = gone(dataset)
    clips: list[Clip] = []
    failures: list[Failure] = []

    def samples() -> Iterator[Sample]:
        for row in media:
            video = videos[row.video_id]
            path, picture = located(dataset, row), pictures.get(row.video_id)
            windows = given.get(row.video_id)
            if windows == []:
                failures.append(Failure(row.video_id, "no_window", "the export has no clip of it"))
                continue
            outcomes = cut_video(video, path, recipe.cut, recipe.dataset.seed, picture, windows)
            for outcome in staying(outcomes, out):
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
        for table in (VIDEOS, MEDIA, SCREENING, MEASURES, MATCHES)
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
            cut=cut_facts(recipe) | windows_fact(given),
            inputs=inputs,
            software=software(),
            created_at=now(),
        )
    )
    if not recipe.fetch.keep_media:
        dataset.delete_media(shard)
    return CutResult(len(media), len({clip.video_id for clip in clips}), len(clips), tuple(records))


@dataclass(frozen=True)
class CutJob:
    """What a worker process does to cut shard after shard."""

    recipe: Recipe
    name: str = "cut"

    def __call__(self, shard: str, device: str, note: Note) -> CutResult:
        """Cut one shard. The device does not matter: cutting needs the processor only."""
        return cut_shard(Dataset(self.recipe.root), self.recipe, shard)
