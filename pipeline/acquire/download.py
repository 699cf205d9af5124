"""Get one video's media: through yt-dlp, or from where it already lies."""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yt_dlp.utils import DownloadCancelled
from yt_dlp.version import __version__

from pipeline.acquire.ask import Visit, ask
from pipeline.acquire.errors import (
    Blocked,
    Outcome,
    classify,
    local_problem,
    one_line,
    retry_after,
)
from pipeline.acquire.governor import Cancelled
from pipeline.acquire.remux import remux
from pipeline.acquire.settings import Fetching
from pipeline.acquire.stating import media_fields
from pipeline.acquire.watch import Refused
from pipeline.disk import unwritable
from pipeline.errors import FramesongError, MediaError
from pipeline.media.probe import probe
from pipeline.store import now
from schemas.media import Media
from schemas.video import Video

TOOL = f"yt-dlp {__version__}"


def is_local(video: Video) -> bool:
    """Whether the video is a file of the user's own rather than an address."""
    return Path(video.url).is_absolute()


def adopt(video: Video) -> Media:
    """Take a local file as it lies: it is read, and never copied, changed or deleted.

    Returns:
        The outcome, with the file's absolute path.
    """
    path = Path(video.url)
    if not path.is_file():
        detail = f"there is no file {one_line(str(path))}"
        return unfetched(video, Outcome("permanent", "no_file", detail), tool=None)
    if not os.access(path, os.R_OK):
        detail = f"you may not read {one_line(str(path))}"
        return unfetched(video, Outcome("permanent", "not_readable", detail), tool=None)
    return _measured(video, path, str(path), tool=None)


def download(video: Video, folder: Path, fetching: Fetching, visit: Visit | None = None) -> Media:
    """Download a video into `folder`. Files are named after the video id alone, whatever title or
    name the site gives. An interrupted download is taken up where it stopped.

    Args:
        folder: `DATASET/media/SHARD`; made if missing.

    Returns:
        The outcome, with the file's path relative to the dataset. Whatever the site does is an
        outcome, except for asking us to stop.

    Raises:
        Blocked: the site asks us to stop for a while.
        Cancelled: `visit.running` said no.
        RecipeError: the cookies file or the format selector is unusable.
        DatasetError: the folder cannot be written, as on a full disk.
    """
    if urlsplit(video.url).scheme not in ("http", "https"):
        detail = "only http and https addresses are asked"
        return unfetched(video, Outcome("policy", "address_refused", detail), TOOL)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder / video.video_id, error) from error
    visit = visit or Visit()
    try:
        answer = ask(video, folder, fetching, visit)
        facts = media_fields(answer.facts)
        if answer.dropped:
            return unfetched(video, answer.dropped, TOOL).model_copy(update=facts)
        path = _one_file(answer.downloads, folder / video.video_id)
    except DownloadCancelled:
        raise Cancelled(video.video_id) from None
    except Refused as refusal:
        return _given_up(video, refusal.outcome, folder)
    except MediaError as error:
        return _given_up(video, Outcome("broken", error.reason, one_line(error.detail)), folder)
    except (FramesongError, Cancelled):
        raise
    except Exception as error:  # 1,800 third-party parsers of what sites send
        problem = local_problem(error)
        if problem is not None:
            raise unwritable(folder / video.video_id, problem) from error
        outcome = classify(error)
        if outcome.status == "session":
            raise Blocked(outcome, retry_after(error)) from error
        return _given_up(video, outcome, folder)
    media = _measured(video, path, str(path.relative_to(folder.parent.parent)), TOOL)
    if media.status != "ok":
        path.unlink()  # or a later attempt would take it for a finished download
        return media
    formats = [str(each["format_id"]) for each in answer.downloads]
    return media.model_copy(update={"format_ids": formats, **facts})


def _given_up(video: Video, outcome: Outcome, folder: Path) -> Media:
    """What another attempt could take up stays; else partial files go."""
    if outcome.status != "transient":
        _delete([path for path in folder.glob(f"{video.video_id}.*") if path.suffix != ".json"])
    return unfetched(video, outcome, TOOL)


def _one_file(downloads: list[dict[str, Any]], stem: Path) -> Path:
    """The downloaded file; picture and sound that came apart are put together."""
    paths = [Path(each["filepath"]) for each in downloads]
    if not paths or not all(path.is_file() and path.parent == stem.parent for path in paths):
        raise MediaError("no_file", "the download ended without a file")
    if len(paths) == 1:
        return paths[0]
    try:
        merged = remux(paths, stem)
    except MediaError:
        _delete(paths)
        raise
    _delete(paths)
    return merged


def _delete(paths: list[Path]) -> None:
    for path in paths:
        path.unlink()


def _measured(video: Video, path: Path, file: str, tool: str | None) -> Media:
    try:
        facts = probe(path)
    except MediaError as error:
        return unfetched(video, Outcome("broken", error.reason, one_line(error.detail)), tool)
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return Media(
        video_id=video.video_id,
        status="ok",
        container=facts.container,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        audio_rate=facts.audio_rate,
        duration_s=facts.duration_s,
        bytes=path.stat().st_size,
        sha256=digest,
        file=file,
        tool=tool,
        fetched_at=now(),
    )


def unfetched(video: Video, outcome: Outcome, tool: str | None) -> Media:
    """The row of a video that has no media."""
    return Media(
        video_id=video.video_id,
        status=outcome.status,
        reason=outcome.reason,
        detail=outcome.detail,
        tool=tool,
        fetched_at=now(),
    )
