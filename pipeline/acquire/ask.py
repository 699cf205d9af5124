"""Ask a site for one video, through yt-dlp."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from yt_dlp import YoutubeDL

from pipeline.acquire.client import WatchedClient, options, selector
from pipeline.acquire.errors import Outcome, classify, local_problem
from pipeline.acquire.settings import Fetching
from pipeline.acquire.stating import page_facts
from pipeline.acquire.watch import Refused, Watch
from pipeline.errors import FramesongError
from pipeline.stated import Stated, listed
from schemas.table import Seconds
from schemas.video import Video

Dropped = Callable[[Stated], Outcome | None]
"""Whether a video is not worth its download, going by what is stated about it."""
_PASSING = ("timeout", "connection", "http_408")
"""Reasons, besides 5xx, for which a page is asked for again within a run."""


def never(_: Stated) -> Outcome | None:
    """No video is dropped."""
    return None


@dataclass(frozen=True)
class Visit:
    """What goes along with asking for one video."""

    running: Callable[[], bool] = lambda: True
    """Whether to go on; asked while bytes arrive."""
    dropped: Dropped = never
    again: Callable[[int, Seconds], None] = lambda n, retry_after_s: None
    """Called before retry `n` (from 0) of a page, with the server's Retry-After or 0; it waits."""
    busy: Callable[[Seconds], None] = lambda retry_after_s: None
    """Called with the Retry-After of a busy server that was given up."""


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    facts: Stated
    """What the page states."""
    downloads: list[dict[str, Any]]
    """What yt-dlp knows about each file, such as `filepath` and `format_id`; empty if dropped."""
    dropped: Outcome | None


def ask(video: Video, folder: Path, fetching: Fetching, visit: Visit) -> Answer:
    """Look a video up, then download each chosen format into a file of its own: yt-dlp would merge
    picture and sound only through an ffmpeg program.

    Raises:
        Refused: the address stands for no single finished video, or it is too large or too slow.
        DownloadCancelled: `visit.running` said no.
        RecipeError: the cookies file or the format selector is unusable.
        Exception: anything else is the site's or its extractor's; see `errors.classify`.
    """
    watch = Watch(folder, fetching, visit.running)

    def separately(context: object) -> Iterator[dict[str, Any]]:
        for chosen in select(context):
            yield from chosen.get("requested_formats") or [chosen]

    chosen_options = _looking_up(fetching) | {
        "format": separately,
        "paths": {"home": str(folder)},
        "outtmpl": {"default": f"{video.video_id}.%(format_id).48s.%(ext)s"},
        "restrictfilenames": True,
        "continuedl": True,
        "updatetime": False,
        "fixup": "never",
        "skip_unavailable_fragments": False,
        "retry_sleep_functions": {"http": watch.pause, "fragment": watch.pause},
        "ratelimit": fetching.rate_limit,
        "progress_hooks": [watch.progress],
    }
    try:
        with WatchedClient(chosen_options, watch) as client:
            select = selector(client, fetching)
            found = _look_up(client, video.url, fetching, visit, watch)
            facts = page_facts(found)
            dropped = visit.dropped(facts.over(listed(video)))
            if dropped:
                return Answer(facts, [], dropped)
            client.page_bytes = None
            info = client.process_ie_result(found, download=True)
    finally:
        if watch.wish:
            visit.busy(watch.wish)
    # yt-dlp leaves out of each download what it has in common with the whole
    downloads = [{**info, **each} for each in info.get("requested_downloads") or []]
    return Answer(facts, downloads, None)


def look_up(video: Video, folder: Path, fetching: Fetching, visit: Visit) -> list[dict[str, Any]]:
    """Ask for a video's page alone.

    Returns:
        What yt-dlp knows about each format that would be downloaded.

    Raises:
        Refused, DownloadCancelled, RecipeError, Exception: as `ask`.
    """
    watch = Watch(folder, fetching, visit.running)
    with WatchedClient(_looking_up(fetching) | {"format": fetching.format}, watch) as client:
        selector(client, fetching)
        found = _look_up(client, video.url, fetching, visit, watch)
    return found.get("requested_formats") or [found]


def _looking_up(fetching: Fetching) -> dict[str, Any]:
    return options(fetching) | {
        "format_sort": fetching.format_sort,
        "noplaylist": True,
        "playlist_items": "1:2",
        "extractor_retries": 0,  # ours keep the gap between two requests
    }


def _look_up(
    client: YoutubeDL, url: str, fetching: Fetching, visit: Visit, watch: Watch
) -> dict[str, Any]:
    """yt-dlp itself retries media, but no page.

    Raises:
        Refused, Exception: as `ask`.
    """
    attempt = 0
    while True:
        try:
            return _single(client.extract_info(url, download=False))
        except (Refused, FramesongError):
            raise
        except Exception as error:  # what a retry may mend is told by its class
            if attempt == fetching.retries or not _in_passing(error):
                raise
        watch.elsewhere(partial(visit.again, attempt, watch.wish))
        attempt += 1


def _in_passing(error: Exception) -> bool:
    if local_problem(error):
        return False
    outcome = classify(error)
    return outcome.status == "transient" and (
        outcome.reason in _PASSING or outcome.reason.startswith("http_5")
    )


def _single(info: dict[str, Any] | None) -> dict[str, Any]:
    """The one video that an address stands for.

    Raises:
        Refused: it stands for none, for several, or for a live stream.
    """
    while info is not None and "entries" in info:
        entries = [entry for entry in info["entries"] if entry]
        if len(entries) > 1:
            raise Refused(
                "permanent",
                "several_videos",
                "the page holds several videos; list their own addresses instead",
            )
        info = entries[0] if entries else None
    if info is None:
        raise Refused("permanent", "no_video", "the page holds no video")
    if info.get("live_status") in ("is_live", "is_upcoming"):
        raise Refused("policy", "live", "a live stream, or one that has not started")
    return info
