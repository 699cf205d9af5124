"""Playlists, channels, searches and single videos of any site that yt-dlp can list."""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from pipeline.errors import SourceError
from pipeline.lines import clean_line
from pipeline.sources.addresses import parse_address, parse_search
from pipeline.sources.base import Asking, Listed, Source, Texts

_MAX_REPEATS = 500
"""So many entries in a row that were listed before end a list: some sites' never end."""
_SHOWN = 5


class Amv(Source):
    """Videos from playlists, channels and searches, as AnimatedMusicVideo was collected. Each list
    costs a few requests, whatever its length; what the list says about a video is kept."""

    kind: ClassVar[str] = "amv"

    urls: Texts
    """Addresses of playlists, channels, pages of search results and single videos; or searches in
    yt-dlp's form, such as `ytsearch50:anime mv` for the first 50 finds at YouTube."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many videos of each address; all by default."""
    labels: Texts = []
    """Given to every video."""

    def list(self, asking: Asking) -> Iterator[Listed]:
        """The videos of each address in the site's order. What fails is noted."""
        if not self.urls:
            raise SourceError(
                "`urls` is empty: name playlists, channels or videos there, such as "
                '"https://www.youtube.com/playlist?list=PL...".'
            )
        found = False
        for url in self.urls:
            for listed in self._videos(url, asking):
                found = True
                yield listed
        if not found:
            raise SourceError(
                "None of the addresses in `urls` gave a video: "
                f"{', '.join(self.urls)}. Open them in a browser to see whether they exist."
            )

    def _videos(self, url: str, asking: Asking) -> Iterator[Listed]:
        """The videos of one address, each once."""
        from pipeline.sources.entries import listed, unavailable
        from pipeline.sources.lists import videos

        try:
            address = parse_search(url) or parse_address(url)
        except ValueError as error:
            asking.note(f"{url!a}: left out, {error}")
            return
        known: set[str] = set()
        hidden: Texts = []
        repeats = in_a_row = 0
        for entry in videos(address, asking):
            if entry is None or unavailable(entry):
                hidden.append(str((entry and entry.get("id")) or "(unnamed)"))
                continue
            try:
                video = listed(entry, tuple(self.labels))
            except ValueError as error:
                asking.note(f"an entry of {url}: {str(entry.get('url'))[:200]!a} left out: {error}")
                continue
            if video.video_id in known:
                repeats, in_a_row = repeats + 1, in_a_row + 1
                if in_a_row == _MAX_REPEATS:
                    asking.note(f"{url}: broken off, it only repeats itself")
                    break
                continue
            in_a_row = 0
            known.add(video.video_id)
            yield video
            if len(known) == self.limit:
                break
        if repeats:
            asking.note(f"{url}: {repeats} entries stand in it more than once")
        if hidden:
            more = ", ..." if len(hidden) > _SHOWN else ""
            asking.note(
                f"{url}: {len(hidden)} entries are private, deleted or hidden by the site and were "
                f"left out: {clean_line(', '.join(hidden[:_SHOWN]), 200)}{more}"
            )
