"""Fetch shards for as long as there is room for them."""

import threading
from collections.abc import Callable

from flows.outcome import StepOutcome
from flows.progress import Progress
from flows.work import shard_task
from pipeline.acquire.governor import Governor
from pipeline.acquire.room import shortage
from pipeline.errors import DiskFull
from pipeline.fetching import fetch_shard
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import MEDIA, VIDEOS
from schemas.media import Media
from schemas.table import Seconds

_LOOK_S: Seconds = 1.0
"""How often a fetch that waits for room looks whether some was made."""


class Fetching:
    """Gets one shard after the other. Where room is short, it waits for those that are being cut,
    whose media are deleted then."""

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        governor: Governor,
        outcome: StepOutcome,
        in_work: Callable[[str], bool],
    ) -> None:
        """
        Args:
            outcome: is told what came of each video and shard.
            in_work: whether cutting a shard that was fetched will still make room.
        """
        self._dataset = dataset
        self._recipe = recipe
        self._governor = governor
        self._outcome = outcome
        self._in_work = in_work
        self._fetched: list[str] = []
        self._is_told = False

    def __call__(self, shard: str, stop: threading.Event) -> bool:
        """Whether all of it is there; not if `stop` was set.

        Raises:
            DiskFull: there is no room, and nothing that is under way will make some.
            SessionBlocked: a site asks us to stop.
        """
        videos = self._dataset.read(VIDEOS, shard)
        is_there = self._dataset.manifest(MEDIA, shard) is not None
        with Progress(f"fetch {shard}", len(videos), "videos") as progress:
            while not stop.is_set():
                at_work = self._at_work()  # before a look at the disk: then what ends is seen there
                lack = None if is_there else shortage(self._dataset, self._recipe.fetch)
                if lack is None:
                    try:
                        return self._fetch(shard, progress, stop)
                    except DiskFull as full:
                        lack = str(full)
                self._wait_for_room(lack, at_work, progress, stop)
        return False

    def _at_work(self) -> int:
        return sum(map(self._in_work, self._fetched))

    def _wait_for_room(
        self, lack: str, at_work: int, progress: Progress, stop: threading.Event
    ) -> None:
        """Return when fewer than `at_work` shards are, or `stop` is set."""
        if not at_work:
            raise DiskFull(lack)
        if not self._is_told:  # once a run: where fetching is faster, it waits before every shard
            progress.note(f"{lack} Waiting for shards to be cut, which makes room.")
            self._is_told = True
        while self._at_work() >= at_work and not stop.wait(_LOOK_S):
            pass

    def _fetch(self, shard: str, progress: Progress, stop: threading.Event) -> bool:
        new: list[Media] = []

        def on_done(media: Media) -> None:
            new.append(media)
            self._count(media)
            if media.status not in ("ok", "dropped"):
                progress.note(f"{media.video_id}: {media.status}: {media.detail}")
            progress.advance()

        def work(name: str) -> bool:
            return fetch_shard(self._dataset, self._recipe, name, self._governor, on_done, stop)

        if not shard_task("fetch", shard, work):
            return False
        self._fetched.append(shard)
        if new:
            self._outcome.made.append(shard)
        else:
            self._outcome.untouched += 1
        return True

    def _count(self, media: Media) -> None:
        outcome = self._outcome
        if media.status == "dropped":
            return  # counted with those that screening drops
        outcome.asked += 1
        if media.status == "ok":
            outcome.given += 1
        else:
            outcome.excused += media.status in ("permanent", "policy")
            outcome.failures[str(media.reason)] += 1
