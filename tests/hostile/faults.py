"""What a hostile site does with one video, and what has to come of it.

No behaviour depends on when a build was killed: a request fails the first time that it is made, or
until the site has recovered, or always.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.sites import PAGE

ONCE_MORE = {"Retry-After": "1"}
TITLE = "..\\../etc &#27;[2J&#27;]0;owned&#7;&lt;script&gt;alert(1)&lt;/script&gt; - {}"
M3U8 = """#EXTM3U
#EXT-X-TARGETDURATION:6
#EXTINF:6,
{0}-0.ts
#EXTINF:6,
{0}-1.ts
#EXT-X-ENDLIST
"""
_HERE = 100_000
"""Bytes that arrive before a transfer breaks off."""


@dataclass(frozen=True)
class Passing:
    """An answer until the site has recovered, and the one from then on."""

    first: object
    then: object


@dataclass(frozen=True)
class Item:
    """One video as the site has it."""

    page: str
    """The path of its page."""
    media: str
    data: bytes
    html: str
    title: str

    def shown(self, media: str | None = None, title: str | None = None) -> str:
        """Its page, with something else in it."""
        html = self.html.replace(self.media, media) if media else self.html
        return html.replace(self.title, title) if title else html


Routes = dict[str, object]
Outcome = tuple[str, str | None]


@dataclass(frozen=True)
class Fault:
    """A behaviour."""

    routes: Callable[[Item], Routes]
    """What differs from a site that behaves."""
    first: Outcome
    """Status and reason in the media table of the first build."""
    then: Outcome | None = None
    """And after `failures --retry` and a second one; by default the same."""
    weight: int = 6
    """How often it comes up among 150."""
    asked: int = 6
    """Most requests that one build may make of it: each answer is asked for three times."""

    @property
    def last(self) -> Outcome:
        """What stands in the end."""
        return self.then or self.first


OK: Outcome = ("ok", None)
BUSY: Outcome = ("transient", "http_503")


def _page(answer: object) -> Callable[[Item], Routes]:
    return lambda item: {item.page: answer}


def _page_once(answer: object) -> Callable[[Item], Routes]:
    return lambda item: {item.page: [answer, item.html]}


def _media(answer: object) -> Callable[[Item], Routes]:
    return lambda item: {item.media: answer}


def _media_once(answer: object) -> Callable[[Item], Routes]:
    return lambda item: {item.media: [answer, item.data]}


def _without_ranges(item: Item) -> Routes:
    size = len(item.data)
    return {item.media: [("claim", item.data[:_HERE], size), ("claim", item.data, size)]}


def _a_missing_segment(item: Item) -> Routes:
    stem = item.media.removesuffix(".mp4")
    return {
        item.page: item.shown(media=f"{stem}.m3u8"),
        f"{stem}.m3u8": M3U8.format(stem),
        f"{stem}-0.ts": b"\x47" * 188 * 20,
        f"{stem}-1.ts": 404,
    }


FAULTS = {
    "page 503 once": Fault(_page_once(503), OK),
    "page 503 with Retry-After once": Fault(_page_once(("headers", 503, ONCE_MORE)), OK),
    "page 503 until it recovers": Fault(lambda i: {i.page: Passing(503, i.html)}, BUSY, OK),
    "page 503 for ever": Fault(_page(503), BUSY),
    "media 503 once": Fault(_media_once(503), OK),
    "media 503 until it recovers": Fault(lambda i: {i.media: Passing(503, i.data)}, BUSY, OK),
    "body breaks off once, with Range": Fault(
        lambda item: {item.media: [("cut", item.data, _HERE), item.data]}, OK
    ),
    "body breaks off once, without Range": Fault(_without_ranges, OK),
    "body breaks off for ever": Fault(
        lambda item: {item.media: ("claim", item.data[:_HERE], len(item.data))},
        ("transient", "truncated"),
    ),
    "404": Fault(_page(404), ("permanent", "http_404"), asked=1),
    "page 403": Fault(_page(403), ("policy", "http_403"), asked=1),
    "media 403 until it recovers": Fault(
        lambda item: {item.media: Passing(403, item.data)}, ("transient", "http_403"), OK
    ),
    "429 with Retry-After once": Fault(_page_once(("headers", 429, ONCE_MORE)), OK),
    "hangs once": Fault(_page_once("hang"), OK),
    "hangs for ever": Fault(_page("hang"), ("transient", "timeout"), weight=3),
    "media trickle": Fault(
        lambda item: {item.media: ("trickle", item.data, 0.5)}, ("transient", "too_slow"), weight=3
    ),
    "redirect loop": Fault(
        lambda item: {item.page: ("headers", 302, {"Location": item.page})},
        ("transient", "redirect_loop"),
        asked=31,
    ),
    "stated length too short": Fault(
        lambda item: {item.media: ("claim", item.data, len(item.data) // 2)},
        ("broken", "truncated"),
    ),
    "HTML instead of media": Fault(
        _media(("claim", b"<html>Log in</html>" * 99, 19 * 99)), ("broken", "not_media")
    ),
    "HLS with a missing segment": Fault(_a_missing_segment, ("permanent", "http_404"), asked=7),
    "hostile title": Fault(lambda i: {i.page: i.shown(title=TITLE.format(i.title))}, OK),
    "4 GB stated": Fault(
        lambda item: {item.media: ("claim", item.data[:_HERE], 4_000_000_000)},
        ("policy", "too_large"),
    ),
    "id like ../../x": Fault(lambda item: {}, OK),
    "page without an end": Fault(
        _page(("endless", PAGE)), ("permanent", "page_too_large"), weight=1
    ),
}
"""By name."""
