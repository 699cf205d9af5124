"""A site whose playlists have pages, whose search finds things, and which yt-dlp knows through
extractors of ours, installed like a plugin's."""

import json
from contextlib import contextmanager

from yt_dlp import globals as yt_dlp_globals
from yt_dlp.extractor import import_extractors
from yt_dlp.extractor.common import InfoExtractor, SearchInfoExtractor

from pipeline.sources import addresses


class PagedListIE(InfoExtractor):
    """`/list/NAME`, whose pages are `/list/NAME/1.json` and so on."""

    IE_NAME = "paged:list"
    _VALID_URL = r"http://127\.0\.0\.1:\d+/list/(?P<id>\w+)"
    _RETURN_TYPE = "playlist"

    def _real_extract(self, url):
        name = self._match_id(url)
        first = self._download_json(f"{url}/1.json", name)
        return self.playlist_result(
            self._pages(url, name, first), name, playlist_count=first.get("count")
        )

    def _pages(self, url, name, page):
        number = 1
        while True:
            yield from page["entries"]
            number += 1
            if not page.get("more"):
                return
            page = self._download_json(f"{url}/{number}.json", name)


class PagedVideoIE(InfoExtractor):
    """`/watch/NAME`, described by `/watch/NAME/facts.json`."""

    IE_NAME = "paged"
    _VALID_URL = r"http://127\.0\.0\.1:\d+/watch/(?P<id>\w+)"

    def _real_extract(self, url):
        name = self._match_id(url)
        return {"id": name, **self._download_json(f"{url}/facts.json", name)}


class PagedSearchIE(SearchInfoExtractor):
    """`pagedsearch5:PORT WORDS` finds what `/finds.json` lists."""

    IE_NAME = "paged:search"
    _SEARCH_KEY = "pagedsearch"

    def _search_results(self, query):
        port = query.split()[0]
        yield from self._download_json(f"http://127.0.0.1:{port}/finds.json", query)["entries"]


@contextmanager
def installed():
    """yt-dlp knows the site meanwhile."""
    import_extractors()
    known = yt_dlp_globals.extractors.value
    ours = {each.__name__: each for each in (PagedListIE, PagedVideoIE, PagedSearchIE)}
    yt_dlp_globals.extractors.value = {**ours, **known}
    addresses._extractors.cache_clear()
    try:
        yield
    finally:
        yt_dlp_globals.extractors.value = known
        addresses._extractors.cache_clear()


def page(*entries, more=False, count=None):
    """One page of a playlist."""
    return json.dumps({"entries": entries, "more": more, "count": count})


def entry(site, name, **facts):
    """A video on a page."""
    url = facts.pop("url", site.url(f"/watch/{name}"))
    return {"_type": "url", "id": name, "url": url, "title": name, **facts}
