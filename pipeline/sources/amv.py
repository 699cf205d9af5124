"""Playlists, channels and single videos of any site that yt-dlp can list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from pipeline.acquire.settings import Fetching
from pipeline.errors import SessionBlocked, SourceError
from pipeline.sources.addresses import parse_address
from pipeline.sources.base import Listed, Note, Source, Texts
from pipeline.sources.ids import video_id

_MAX_DEPTH = 2
"""A channel holds tabs, and a tab holds videos."""


class Amv(Source):
    """Videos from playlists and channels, as AnimatedMusicVideo was collected. Each list costs a
    few requests, whatever its length; what the list says about a video is kept."""

    kind: ClassVar[str] = "amv"

    urls: Texts
    """Addresses of playlists, channels and single videos."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many videos of each address; all by default."""
    labels: Texts = []
    """Given to every video."""

    def list(self, base: Path, note: Note) -> Iterator[Listed]:
        """The videos of each address in the site's order. A list that fails is noted."""
        if not self.urls:
            raise SourceError(
                "`urls` is empty: name playlists, channels or videos there, such as "
                '"https://www.youtube.com/playlist?list=PL...".'
            )
        found = False
        for url in self.urls:
            for entry in self._entries(url, note):
                found = True
                yield entry
        if not found:
            raise SourceError(
                "None of the addresses in `urls` gave a video: "
                f"{', '.join(self.urls)}. Open them in a browser to see whether they exist."
            )

    def _entries(self, url: str, note: Note) -> Iterator[Listed]:
        kept = 0
        for entry in self._leaves(self._open(url, note), note):
            try:
                listed = self._listed(entry)
            except ValueError as error:
                note(f"an entry of {url}: {str(entry.get('url'))[:200]!a} left out: {error}")
                continue
            kept += 1
            yield listed
            if kept == self.limit:
                return

    def _open(self, url: str, note: Note) -> dict[str, Any]:
        """What yt-dlp says about an address, its entries unopened; an empty list if it fails."""
        from pipeline.acquire.errors import classify

        try:
            parse_address(url)
            return _flat(url, self.limit)
        except ValueError as error:
            note(f"{url!a}: left out, {error}")
        except Exception as error:  # extractors are third-party parsers of pages
            outcome = classify(error)
            if outcome.status == "session":
                raise SessionBlocked(
                    f"{url} asks us to stop ({outcome.reason}): {outcome.detail} "
                    "Wait some hours before you run this again."
                ) from error
            note(f"{url}: not listed ({outcome.reason}): {outcome.detail}")
        return {"entries": []}

    def _leaves(self, info: dict[str, Any], note: Note, depth: int = 0) -> Iterator[dict[str, Any]]:
        """The videos in a list, with the lists inside it opened."""
        if "entries" not in info:
            yield info
            return
        for entry in info["entries"]:
            if entry is None:
                note("an entry that the site lists as unavailable was left out")
            elif "entries" in entry:
                yield from self._leaves(entry, note, depth)
            elif not _is_list(entry):
                yield entry
            elif depth < _MAX_DEPTH:
                yield from self._leaves(self._open(str(entry["url"]), note), note, depth + 1)
            else:
                note(f"{str(entry['url'])[:200]!a}: left out, a list too deep inside others")

    def _listed(self, entry: dict[str, Any]) -> Listed:
        address = parse_address(str(entry.get("webpage_url") or entry.get("url") or ""))
        return Listed(
            video_id=video_id(address.site, address.raw_id),
            site=address.site,
            url=address.url,
            title=_text(entry.get("title")),
            artist=_text(", ".join(map(str, entry.get("artists") or [])) or entry.get("artist")),
            track=_text(entry.get("track")),
            channel=_text(entry.get("channel") or entry.get("uploader")),
            duration_s=float(entry["duration"]) if entry.get("duration") else None,
            upload_date=_text(entry.get("upload_date")),
            licence=_text(entry.get("license")),
            labels=tuple(self.labels),
        )


def _flat(url: str, limit: int | None) -> dict[str, Any]:
    from yt_dlp import YoutubeDL

    from pipeline.acquire.client import options

    chosen = options(Fetching()) | {
        "extract_flat": "in_playlist",
        "skip_download": True,
        "playlistend": limit,
    }
    with YoutubeDL(chosen) as client:
        info = client.extract_info(url, download=False)
        sanitised: dict[str, Any] = client.sanitize_info(info or {"entries": []})
        return sanitised


def _is_list(entry: dict[str, Any]) -> bool:
    try:
        return parse_address(str(entry.get("url"))).is_list
    except ValueError:
        return False  # noted where the entry is used


def _text(value: object) -> str | None:
    return str(value) if value else None
