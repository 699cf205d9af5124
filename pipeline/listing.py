"""Ask the sources which videos there are, and give what is new its place in the dataset."""

from collections.abc import Callable
from itertools import groupby

from pipeline.acquire.governor import Governor
from pipeline.failures import worth_another_try
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.removal.tombstones import gone
from pipeline.songs.sides import Splitting
from pipeline.sources.base import Asking
from pipeline.sources.listing import Listing, assign, place_again
from pipeline.store import Dataset
from schemas import VIDEOS
from schemas.video import Video

Note = Callable[[str], None]


def list_videos(dataset: Dataset, recipe: Recipe, governor: Governor, note: Note) -> Listing:
    """List all sources and give what is new its place in new shards."""
    listing = ask_sources(dataset, recipe, governor, note)
    dataset.write_parts(listing.parts(), software=software())
    return listing


def ask_sources(dataset: Dataset, recipe: Recipe, governor: Governor, note: Note) -> Listing:
    """What listing would add. Writes no row; answers that need not be asked for twice are kept."""
    asking = Asking(recipe.base, note, recipe.fetch, dataset.cache_folder, governor)
    listed = (
        (name, video) for name, source in recipe.sources.items() for video in source.list(asking)
    )
    settings = recipe.dataset
    listing = assign(
        listed,
        known=dataset.read_all(VIDEOS),
        splitting=Splitting(settings.seed, settings.eval_fraction, settings.split_by),
        title_similarity=recipe.duplicates.title_similarity,
        videos_per_shard=settings.videos_per_shard,
        shards=dataset.shards(),
        removed=gone(dataset).video,
    )
    if listing.removed:
        note(f"Removed from this dataset, and kept out: {listing.removed} of the listed videos.")
    if listing.apart:
        note(
            f"{listing.apart} videos are not on the side of their {settings.split_by}, but on that "
            "of their song, which was there first."
        )
    return listing


def relist_failed(dataset: Dataset, recipe: Recipe) -> list[Video]:
    """List once more, in new shards, the videos that may get further next time."""
    failed = worth_another_try(dataset, recipe)
    videos = place_again(failed, dataset.shards(), recipe.dataset.videos_per_shard)
    for shard, members in groupby(sorted(videos, key=VIDEOS.key_of), lambda video: video.shard):
        dataset.write(VIDEOS, shard, list(members), software=software())
    return videos
