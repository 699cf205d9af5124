"""Ask a site for one video, through yt-dlp."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.utils import DownloadCancelled

from pipeline.acquire.client import options
from pipeline.acquire.errors import Outcome, one_line
from pipeline.acquire.settings import Fetching
from pipeline.errors import RecipeError
from schemas.media import MediaStatus
from schemas.video import Video

Running = Callable[[], bool]
"""Whether to go on; asked while bytes arrive."""


class Refused(Exception):
    """The site's answer is nothing that can be taken as one video."""

    def __init__(self, status: MediaStatus, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Outcome(status, reason, detail)


def ask(video: Video, folder: Path, fetching: Fetching, running: Running) -> list[dict[str, Any]]:
    """Look a video up, then download each chosen format into a file of its own: yt-dlp would merge
    picture and sound only through an ffmpeg program.

    Returns:
        What yt-dlp knows about each file, such as `filepath` and `format_id`.

    Raises:
        Refused: the address stands for no single finished video.
        DownloadCancelled: `running` said no.
        RecipeError: the cookies file or the format selector is unusable.
        Exception: anything else is the site's or its extractor's; see `errors.classify`.
    """

    def watch(_: object) -> None:
        if not running():
            raise DownloadCancelled

    def separately(context: object) -> Iterator[dict[str, Any]]:
        for chosen in selector(context):
            yield from chosen.get("requested_formats") or [chosen]

    chosen_options = options(fetching) | {
        "format": separately,
        "format_sort": fetching.format_sort,
        "paths": {"home": str(folder)},
        "outtmpl": {"default": f"{video.video_id}.%(format_id).48s.%(ext)s"},
        "restrictfilenames": True,
        "noplaylist": True,
        "playlist_items": "1:2",
        "continuedl": True,
        "updatetime": False,
        "fixup": "never",
        "skip_unavailable_fragments": False,
        "ratelimit": fetching.rate_limit,
        "progress_hooks": [watch],
    }
    with YoutubeDL(chosen_options) as client:
        selector = _selector(client, fetching)
        found = _single(client.extract_info(video.url, download=False))
        info = client.process_ie_result(found, download=True)
    # yt-dlp leaves out of each download what it has in common with the whole
    return [{**info, **each} for each in info.get("requested_downloads") or []]


def _selector(client: YoutubeDL, fetching: Fetching) -> Callable[[object], Any]:
    try:
        selector: Callable[[object], Any] = client.build_format_selector(fetching.format)
    except SyntaxError as error:
        raise RecipeError(
            f"`format` in [fetch] is no format selector of yt-dlp: {one_line(str(error))}"
        ) from None
    return selector


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
