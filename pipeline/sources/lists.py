"""Open lists of videos through yt-dlp: page by page, patiently, and no faster than allowed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from yt_dlp import YoutubeDL

from pipeline.acquire.client import options
from pipeline.acquire.errors import Outcome, classify, retry_after
from pipeline.acquire.governor import Cancelled
from pipeline.acquire.retries import retry_pause
from pipeline.errors import FramesongError, SessionBlocked
from pipeline.sources.addresses import Address, parse_address
from pipeline.sources.base import Asking
from pipeline.sources.entries import Entry

_MAX_DEPTH = 2
"""A channel holds tabs, and a tab holds videos."""
_MAX_HOPS = 5
"""A page may stand for another one, which stands for another one."""


class ListFailed(Exception):
    """A list could not be read, or not to its end."""

    def __init__(self, outcome: Outcome, given: int) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome
        self.given = given
        """How many entries it gave before."""


def videos(address: Address, asking: Asking, depth: int = 0) -> Iterator[Entry | None]:
    """The videos of a list, of the lists in it, and of the lists in those. What cannot be read is
    noted, and the rest goes on. Of finds, only videos are taken: a channel that a search finds has
    thousands of others.

    Raises:
        SessionBlocked, RecipeError: as `entries`.
    """
    try:
        for entry in entries(address, asking):
            inner = _list_in(entry)
            if inner is None:
                yield entry
            elif address.is_search:
                asking.note(f"{inner.url[:200]!a}: left out, {address.url} finds a list there")
            elif depth == _MAX_DEPTH:
                asking.note(f"{inner.url[:200]!a}: left out, a list too deep inside others")
            else:
                yield from videos(inner, asking, depth + 1)
    except ListFailed as error:
        why = f"({error.outcome.reason}): {error.outcome.detail}"
        broken = f"broken off after {error.given} entries" if error.given else "not listed"
        asking.note(f"{address.url}: {broken} {why}")


def _list_in(entry: Entry | None) -> Address | None:
    try:
        address = parse_address(str(entry and entry.get("url")))
    except ValueError:
        return None  # noted where the entry is used
    return address if address.is_list else None


def entries(address: Address, asking: Asking) -> Iterator[Entry | None]:
    """The entries of a list in the site's order, unopened, None for one that the site hides; the
    video itself where the address is of one. What was read of a list is given at once.

    Where a page fails in passing the list is read again after a growing pause: yt-dlp does not ask
    for pages twice by itself. What was given before is not given again, although the site may
    have changed the list meanwhile.

    Raises:
        ListFailed: the site refuses, or keeps failing.
        SessionBlocked: the site asks us to stop.
        RecipeError: the cookies file is unusable.
    """
    given = Counter[str]()
    failures = 0
    while True:
        met = Counter[str]()
        try:
            for entry in _read(address, asking):
                key = str(entry.get("id") or entry.get("url")) if entry else ""
                met[key] += 1
                if met[key] > given[key]:
                    given[key] += 1
                    failures = 0
                    yield entry
        except (FramesongError, Cancelled):
            raise
        except Exception as error:  # extractors are third-party parsers of pages
            outcome = classify(error)
            if outcome.status == "session":
                _blocked(address, outcome, error, asking)
            elif _is_final(outcome) or failures == asking.fetching.retries:
                raise ListFailed(outcome, given.total()) from error
            else:
                asking.stop.wait(retry_pause(failures, asking.fetching))
                failures += 1
        else:
            return


def _is_final(outcome: Outcome) -> bool:
    return outcome.status != "transient" or outcome.reason == "extractor_bug"


def _blocked(address: Address, outcome: Outcome, error: Exception, asking: Asking) -> None:
    """Wait as the governor says; without one, stop."""
    if asking.governor is None:
        raise SessionBlocked(
            f"{address.url} asks us to stop ({outcome.reason}): {outcome.detail} "
            "Wait some hours before you run this again."
        ) from error
    asking.governor.blocked(address.site, outcome.reason, retry_after(error), outcome.detail)


def _read(address: Address, asking: Asking) -> Iterator[Entry | None]:
    chosen = options(asking.fetching) | {"skip_download": True, "ignore_no_formats_error": True}
    with _Client(chosen, address.site, asking) as client:
        info = _opened(client, address.url)
        if "entries" not in info:
            yield info
            return
        found = 0
        for entry in info["entries"]:
            found += 1
            yield from _flat(entry)
    stated = info.get("playlist_count")
    if isinstance(stated, int) and stated > found:
        asking.note(f"{address.url}: the site states {stated} entries, but lists {found}")


def _flat(entry: Entry | None) -> Iterator[Entry | None]:
    if entry is None or "entries" not in entry:
        yield entry
        return
    for each in entry["entries"]:
        yield from _flat(each)


def _opened(client: Any, url: str) -> Entry:
    """What an address stands for, after the pages that stand for other pages."""
    outer: Entry = {}
    kind: str | None = None
    for _ in range(_MAX_HOPS):
        info = client.extract_info(url, download=False, process=False, ie_key=kind) or {}
        if info.get("_type") not in ("url", "url_transparent"):
            return {**info, **outer}
        if info["_type"] == "url_transparent":
            facts = ("title", "artist", "artists", "track", "channel", "uploader", "duration")
            outer = {key: info[key] for key in facts if info.get(key)} | outer
        url, kind = info["url"], info.get("ie_key")
    return {"entries": []}


class _Client(YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """yt-dlp, but each of its requests waits until the site may be asked."""

    def __init__(self, chosen: dict[str, Any], site: str, asking: Asking) -> None:
        self._site = site
        self._asking = asking
        super().__init__(chosen)

    def urlopen(self, req: Any) -> Any:
        governor = self._asking.governor
        if governor is None:
            return super().urlopen(req)
        governor.wait(self._site, self._asking.stop)
        try:
            return super().urlopen(req)
        finally:
            governor.asked(self._site)
