"""What yt-dlp says about one video of a list, as a `Listed`."""

import re
from datetime import UTC, datetime
from typing import Any

from yt_dlp.utils import sanitize_url

from pipeline.acquire.stating import page_facts
from pipeline.sources.addresses import parse_address
from pipeline.sources.base import Listed
from pipeline.sources.ids import video_id

Entry = dict[str, Any]
"""What a list says about a video, in yt-dlp's words."""

_PLACEHOLDERS = frozenset({"[Private video]", "[Deleted video]", "[Unavailable video]"})
"""YouTube's titles for what a playlist still holds but nobody can watch."""
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")


def unavailable(entry: Entry) -> bool:
    """Whether nobody but its owner can watch it, if anybody."""
    return str(entry.get("title")) in _PLACEHOLDERS or entry.get("availability") == "private"


def address_of(entry: Entry) -> str:
    """Where an entry's video is: its page, or else the media file itself."""
    url = str(entry.get("webpage_url") or entry.get("url") or "")
    formats = entry.get("formats")
    if not url and isinstance(formats, list) and formats and isinstance(formats[-1], dict):
        url = str(formats[-1].get("url") or "")
    if entry.get("ie_key") == "Youtube" and _YOUTUBE_ID.fullmatch(url):
        return f"https://www.youtube.com/watch?v={url}"
    return str(sanitize_url(url))


def listed(entry: Entry, labels: tuple[str, ...]) -> Listed:
    """
    Raises:
        ValueError: its address is none of a video.
    """
    address = parse_address(address_of(entry))
    facts = page_facts(entry)
    return Listed(
        video_id=video_id(address.site, address.raw_id),
        site=address.site,
        url=address.url,
        title=facts.title,
        artist=facts.artist,
        track=facts.track,
        channel=facts.channel,
        duration_s=facts.duration_s,
        upload_date=facts.upload_date or _uploaded(entry),
        licence=facts.licence,
        live_status=facts.live_status or _live(entry),
        age_limit=facts.age_limit,
        labels=labels,
    )


def _uploaded(entry: Entry) -> str | None:
    """The day, from a moment: yt-dlp does this itself only where it opens a video's page."""
    timestamp = entry.get("timestamp")
    if not isinstance(timestamp, int | float):
        return None
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y%m%d")
    except (ValueError, OverflowError, OSError):
        return None


def _live(entry: Entry) -> str | None:
    return next((flag for flag in ("is_live", "was_live") if entry.get(flag)), None)
