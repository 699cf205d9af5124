"""Fetch the videos of one shard that are worth it, going by what is stated about them."""

import threading
from collections.abc import Callable

from pipeline.acquire.errors import Outcome
from pipeline.acquire.fetch import fetch_videos
from pipeline.acquire.governor import Governor
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.screen.settings import Screen
from pipeline.screen.stated import judge
from pipeline.stated import Stated
from pipeline.store import Dataset
from schemas import MEDIA, VIDEOS
from schemas.media import Media


def fetch_shard(
    dataset: Dataset,
    recipe: Recipe,
    shard: str,
    governor: Governor,
    on_done: Callable[[Media], None],
    stop: threading.Event,
) -> bool:
    """Get the media of a shard's videos, as far as they were not got before. Can be killed at any
    moment and called again.

    Args:
        on_done: is given each new outcome.

    Returns:
        Whether the outcome of every video is there; not if `stop` was set before.

    Raises:
        SessionBlocked: a site asks us to stop.
        DiskFull: what was fetched is kept.
    """
    videos = dataset.read(VIDEOS, shard)
    folder = dataset.media_folder(shard)
    unwanted = _Unwanted(recipe.screen)
    media = fetch_videos(videos, folder, recipe.fetch, on_done, stop, governor, unwanted)
    if len(media) < len(videos):
        return False
    if sorted(media, key=MEDIA.key_of) != dataset.read(MEDIA, shard):
        dataset.write(MEDIA, shard, media, software=software())
    return True


class _Unwanted:
    """Why a video is not to be downloaded; nothing if it is."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def __call__(self, facts: Stated) -> Outcome | None:
        for check, verdict in judge(facts, self._screen).items():
            if not verdict.passed:
                return Outcome("dropped", check, verdict.detail or f"{verdict.value:g}")
        return None
