"""Fetch many videos, politely and so that a killed run goes on where it stopped."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.acquire.ask import Dropped, Visit, never
from pipeline.acquire.download import TOOL, adopt, download, is_local, unfetched
from pipeline.acquire.errors import Blocked
from pipeline.acquire.governor import Cancelled, Governor
from pipeline.acquire.retries import retry_pause
from pipeline.acquire.room import scarce
from pipeline.acquire.settings import Fetching
from pipeline.disk import write_atomically
from pipeline.errors import DiskFull
from pipeline.stated import listed, stated
from schemas.media import Media
from schemas.table import Seconds
from schemas.video import Video

STATE = "governor.json"
"""Where a dataset's governor remembers what was asked, in the dataset's folder."""
_LOOK_S: Seconds = 0.2


def fetch_videos(
    videos: list[Video],
    folder: Path,
    fetching: Fetching,
    on_done: Callable[[Media], None],
    stop: threading.Event | None = None,
    governor: Governor | None = None,
    dropped: Dropped = never,
) -> list[Media]:
    """Get the media of all `videos`, `fetching.workers` of them at once.

    Each outcome is recorded at once, in `folder`/VIDEO_ID.json. Videos with a record are not asked
    for again, and partial files are taken up.

    Args:
        folder: `DATASET/media/SHARD`.
        on_done: called with each new outcome, in this thread.
        stop: ends the work early, also within a download.
        governor: the dataset's; by default one is made, on `DATASET/governor.json`.
        dropped: says of what a video's list states, before anything is asked, and again of what
            its page states, before media are downloaded, why it is not wanted; None if it is.
            Records that say so are judged anew, from the facts in them.

    Returns:
        The outcomes in the order of `videos`; less of them if `stop` was set.

    Raises:
        SessionBlocked: a site asks us to stop. That video and those after it have no record.
        DiskFull: less is free than is to be kept free, or the disk refuses.
        RecipeError, DatasetError: as `download`.
    """
    governor = governor or Governor(fetching, folder.parent.parent / STATE)
    work = _Work(folder, fetching, governor, dropped)
    outcomes = {media.video_id: media for video in videos if (media := work.recorded(video))}
    missing = [video for video in videos if video.video_id not in outcomes]
    for media in _each(work, missing, stop or threading.Event()):
        outcomes[media.video_id] = media
        on_done(media)
    return [outcomes[video.video_id] for video in videos if video.video_id in outcomes]


def site_of(video: Video) -> str:
    """The site that a video is asked of."""
    return video.video_id.split("-")[0]


def polite_visit(
    site: str,
    fetching: Fetching,
    governor: Governor,
    stop: threading.Event,
    dropped: Dropped = never,
) -> Visit:
    """A visit whose retries wait for the governor, and that tells it of a busy server's wishes."""

    def again(attempt: int, retry_after_s: Seconds) -> None:
        governor.asked(site)
        governor.rest(site, max(retry_pause(attempt, fetching), retry_after_s))
        governor.wait(site, stop)

    def busy(retry_after_s: Seconds) -> None:
        governor.rest(site, retry_after_s)

    return Visit(lambda: not stop.is_set(), dropped, again, busy)


def recorded(video: Video, folder: Path) -> Media | None:
    """The outcome of an earlier attempt; None if there is none, or if its file has gone."""
    try:
        media = Media.model_validate_json(_record(folder, video).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    if media.status == "ok" and not (folder.parent.parent / str(media.file)).is_file():
        return None
    return media


def _record(folder: Path, video: Video) -> Path:
    return folder / f"{video.video_id}.json"


def _each(work: "_Work", videos: list[Video], stop: threading.Event) -> Iterator[Media]:
    """The outcomes as they come, until `stop` is set or one raises; then no worker goes on."""
    if work.fetching.workers == 1 or len(videos) < 2:
        for video in videos:
            media = work(video, stop)
            if media is None:
                return
            yield media
        return
    halt = threading.Event()
    pool = ThreadPoolExecutor(work.fetching.workers, thread_name_prefix="fetch")
    try:
        running = {pool.submit(work, video, halt) for video in videos}
        while running:
            done, running = wait(running, _LOOK_S, FIRST_COMPLETED)
            yield from (media for each in done if (media := each.result()) is not None)
            if stop.is_set():
                halt.set()
    finally:
        halt.set()
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Work:
    """What is done with each video of a shard."""

    folder: Path
    fetching: Fetching
    governor: Governor
    dropped: Dropped

    def recorded(self, video: Video) -> Media | None:
        """What need not be asked again."""
        media = recorded(video, self.folder)
        if media and media.status == "dropped" and not self.dropped(stated(video, media)):
            return None
        return media

    def __call__(self, video: Video, stop: threading.Event) -> Media | None:
        """Get one video and record what came of it; None if `stop` was set before."""
        if stop.is_set():
            return None
        try:
            media = self._get(video, stop)
        except Cancelled:
            return None
        write_atomically(_record(self.folder, video), media.model_dump_json(indent=1).encode())
        return media

    def _get(self, video: Video, stop: threading.Event) -> Media:
        unwanted = self.dropped(listed(video))
        if unwanted:
            return unfetched(video, unwanted, None if is_local(video) else TOOL)
        if is_local(video):
            return adopt(video)
        site = site_of(video)
        lack = scarce(self.folder, self.fetching)
        if lack:
            raise DiskFull(lack)

        visit = polite_visit(site, self.fetching, self.governor, stop, self.dropped)
        while True:
            self.governor.wait(site, stop)
            try:
                return download(video, self.folder, self.fetching, visit)
            except Blocked as block:
                outcome = block.outcome
                self.governor.blocked(site, outcome.reason, block.retry_after_s, outcome.detail)
            finally:
                self.governor.asked(site)
