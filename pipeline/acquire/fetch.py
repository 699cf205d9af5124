"""Fetch many videos, politely and so that a killed run goes on where it stopped."""

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from pipeline.acquire.download import Cancelled, adopt, download, is_local
from pipeline.acquire.settings import Fetching
from pipeline.disk import write_atomically
from pipeline.errors import SessionBlocked
from schemas.media import Media
from schemas.table import Seconds
from schemas.video import Video


def fetch_videos(
    videos: list[Video],
    folder: Path,
    fetching: Fetching,
    on_done: Callable[[Media], None],
    stop: threading.Event | None = None,
) -> list[Media]:
    """Get the media of all `videos`, one after the other.

    Each outcome is recorded at once, in `folder`/VIDEO_ID.json. Videos with a record are not asked
    for again, and partial files are taken up.

    Args:
        folder: `DATASET/media/SHARD`.
        on_done: called with each new outcome.
        stop: ends the work early, also within a download.

    Returns:
        The outcomes in the order of `videos`; less of them if `stop` was set.

    Raises:
        SessionBlocked: a site asks us to stop. That video and those after it have no record.
        RecipeError, DatasetError: as `download`.
    """
    stop = stop or threading.Event()
    pace = Pace(fetching.gap_seconds)
    outcomes = []
    for video in videos:
        if stop.is_set():
            break
        media = recorded(video, folder)
        if media is None:
            try:
                media = _fetch(video, folder, fetching, pace, stop)
            except Cancelled:
                break
            _stop_if_blocked(video, media)
            write_atomically(_record(folder, video), media.model_dump_json(indent=1).encode())
            on_done(media)
        outcomes.append(media)
    return outcomes


class Pace:
    """When a site may be asked again: a gap after the end of the last video, half to one and a half
    times `gap_s`, so that requests keep no rhythm."""

    def __init__(self, gap_s: Seconds) -> None:
        self._gap_s = gap_s
        self._asked: dict[str, float] = {}

    def wait_s(self, video: Video, clock: float) -> Seconds:
        """How long to wait before asking for `video` at the time `clock`."""
        last = self._asked.get(_site(video))
        if last is None:
            return 0.0
        jitter = int.from_bytes(hashlib.sha256(video.video_id.encode()).digest()[:4]) / 2**32
        return max(0.0, last + self._gap_s * (0.5 + jitter) - clock)

    def asked(self, video: Video, clock: float) -> None:
        """Note that the site of `video` was asked until the time `clock`."""
        self._asked[_site(video)] = clock


def _site(video: Video) -> str:
    return video.video_id.split("-")[0]


def _fetch(
    video: Video, folder: Path, fetching: Fetching, pace: Pace, stop: threading.Event
) -> Media:
    if is_local(video):
        return adopt(video)
    if stop.wait(pace.wait_s(video, time.monotonic())):
        raise Cancelled(video.video_id)
    media = download(video, folder, fetching, running=lambda: not stop.is_set())
    pace.asked(video, time.monotonic())
    return media


def _stop_if_blocked(video: Video, media: Media) -> None:
    if media.status == "session":
        raise SessionBlocked(
            f"{_site(video)} asks us to stop ({media.reason}): {media.detail}. What was fetched is "
            "kept; wait some hours, then run the same command again. A longer `gap_seconds` in "
            "[fetch] helps."
        )


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
