"""What a web address says about a video without asking anybody."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.sources.ids import short_digest, slug

_TAB = "YoutubeTab"


@dataclass(frozen=True)
class Address:
    """A web address of one video, or of many."""

    url: str
    site: str
    raw_id: str
    is_list: bool
    """Whether the site is known to answer with a playlist or a channel."""


def parse_address(text: str) -> Address:
    """The site and the id at the site, from yt-dlp's own URL patterns, without a network.

    Sites that yt-dlp has no pattern for are named after their host, and their ids come from the
    path and the query; the port does not count, so that a moved server keeps its ids.

    Raises:
        ValueError: it is no complete http or https address; the text says why.
    """
    url = text.strip()
    host = _host(url)
    extractor = _extractor(url)
    key = str(extractor.ie_key())
    if key == _TAB and (watched := _watched_video(url)):
        return Address(f"https://www.youtube.com/watch?v={watched}", "youtube", watched, False)
    known_id = extractor.get_temp_id(url)
    if key == "Generic" or not known_id:
        return Address(url, slug(host) or "site", _generic_id(url, host), False)
    is_list = key == _TAB or extractor._RETURN_TYPE == "playlist"
    return Address(url, key.lower(), known_id, is_list)


def _host(url: str) -> str:
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValueError("an address has no spaces or control characters")
    parts = urlsplit(url)  # raises ValueError for broken brackets
    if parts.scheme not in ("http", "https"):
        raise ValueError("an address starts with http:// or https://")
    _ = parts.port  # raises ValueError for a port that is no number
    if not parts.hostname:
        raise ValueError("the address names no host")
    return parts.hostname


@cache
def _extractors() -> tuple[Any, ...]:
    from yt_dlp.extractor import gen_extractor_classes

    return tuple(gen_extractor_classes())


def _extractor(url: str) -> Any:
    return next(each for each in _extractors() if each.suitable(url))


def _watched_video(url: str) -> str | None:
    """The video that a YouTube address plays although it also names a playlist."""
    values = parse_qs(urlsplit(url).query).get("v", [""])
    return values[0] if re.fullmatch(r"[A-Za-z0-9_-]{11}", values[0]) else None


def _generic_id(url: str, host: str) -> str:
    parts = urlsplit(url)
    stem = slug(PurePosixPath(unquote(parts.path)).stem)[:48]
    query = f"?{parts.query}" if parts.query else ""
    return "-".join(filter(None, (stem, short_digest(f"{host}{parts.path}{query}"))))
