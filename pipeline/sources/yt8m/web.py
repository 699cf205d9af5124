"""YouTube-8M's public files: the list of each label, and the mapping to ids at YouTube."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from pipeline.acquire.governor import Cancelled
from pipeline.acquire.quiet import quiet_for
from pipeline.acquire.retries import retry_pause
from pipeline.errors import MissingTool, RecipeError, SessionBlocked, SourceError
from pipeline.sources.base import Asking
from pipeline.waiting import LONGEST_WAIT, retry_after
from schemas.table import Seconds

_GONE = (403, 404, 410)
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_MAX_LIST = 64 * 2**20
"""Bytes. A list has 7 for each video, and no label has ten million."""
_MAX_MAPPING = 4096
"""Bytes. A mapping has about 30."""
_LONGEST_ANSWER: Seconds = 120.0


class AskedInVain(Exception):
    """There is no answer, or none that can be used; another time there may be."""


class Yt8mWeb:
    """Asks politely: slowly, again after what fails in passing, and as late as the server says."""

    def __init__(
        self, client: httpx.Client, base_url: str, per_second: float, asking: Asking
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._gap_s = 1 / per_second
        self._free_at = 0.0
        self._asking = asking

    def members(self, mid: str) -> list[str]:
        """The pseudo ids of a label's videos.

        Raises:
            SourceError: there is no such list, or it cannot be read.
            SessionBlocked, Cancelled: as `youtube_id`.
        """
        url = f"{self._base_url}/v/{mid.rpartition('/')[2]}.js"
        try:
            text = self._text(url, _MAX_LIST)
        except AskedInVain as error:
            raise SourceError(
                f"YouTube-8M's list of {mid} cannot be read ({error}): run again later."
            ) from error
        if text is None:
            raise SourceError(
                f"YouTube-8M has no list of {mid} at {url}: check the id in vocabulary.csv."
            )
        body = re.fullmatch(r'\s*p\("[^"]*",\[(.*)\]\);?\s*', text, re.DOTALL)
        if body is None:
            raise SourceError(f"{url} does not answer with a list of YouTube-8M; set `base_url`.")
        return re.findall(r'"([A-Za-z0-9_-]{4})"', body[1])

    def youtube_id(self, pseudo_id: str) -> str | None:
        """The id at YouTube, None where the video is gone.

        Args:
            pseudo_id: four letters, digits, `_` and `-`.

        Raises:
            AskedInVain: the mapping does not answer, or with something else.
            SessionBlocked: it asks to be left alone for long.
            Cancelled: `stop` was set.
        """
        text = self._text(f"{self._base_url}/i/{pseudo_id[:2]}/{pseudo_id}.js", _MAX_MAPPING)
        if text is None:
            return None
        found = re.fullmatch(r'\s*i\("([^"]*)","([A-Za-z0-9_-]{11})"\);?\s*', text)
        if found is None or found[1] != pseudo_id:
            raise AskedInVain("the answer is no mapping of this id")
        return found[2]

    def _text(self, url: str, at_most: int) -> str | None:
        fetching, failures = self._asking.fetching, 0
        while True:
            self._wait()
            wish: Seconds | None = None
            try:
                status, headers, text = self._get(url, at_most)
            except httpx.HTTPError as error:
                trouble = str(error) or type(error).__name__
            else:
                if status == 200 or status in _GONE:
                    return text if status == 200 else None
                trouble, wish = f"HTTP {status}", retry_after(headers.get("Retry-After"))
                if status not in _PASSING:
                    raise AskedInVain(trouble)
                if (wish or 0) > LONGEST_WAIT or (status == 429 and failures == fetching.retries):
                    raise SessionBlocked(
                        f"YouTube-8M's server asks us to stop (HTTP {status}"
                        f"{f', for {wish:.0f} s' if wish else ''}). What was learnt is kept; run "
                        "the same command again later, with a lower `lookups_per_second`."
                    )
            if failures == fetching.retries:
                raise AskedInVain(trouble)
            self._asking.stop.wait(max(wish or 0, retry_pause(failures, fetching)))
            failures += 1

    def _wait(self) -> None:
        stop = self._asking.stop
        stop.wait(quiet_for(self._asking.fetching.quiet_hours, datetime.now()))
        stop.wait(max(0.0, self._free_at - time.monotonic()))
        if stop.is_set():
            raise Cancelled(self._base_url)
        self._free_at = time.monotonic() + self._gap_s

    def _get(self, url: str, at_most: int) -> tuple[int, httpx.Headers, str]:
        began, data = time.monotonic(), bytearray()
        with self._client.stream("GET", url) as answer:
            for part in answer.iter_bytes():
                data += part
                if len(data) > at_most:
                    raise AskedInVain(f"the answer is longer than {at_most} bytes")
                if time.monotonic() - began > _LONGEST_ANSWER:
                    raise httpx.ReadTimeout(f"no end within {_LONGEST_ANSWER:.0f} s")
        return answer.status_code, answer.headers, data.decode("utf-8", "replace")


@contextmanager
def yt8m_web(base_url: str, per_second: float, asking: Asking) -> Iterator[Yt8mWeb]:
    """A connection to the server, through the recipe's proxy if it names one.

    Raises:
        RecipeError, MissingTool: there is no way through that proxy.
    """
    fetching = asking.fetching
    try:
        client = httpx.Client(
            timeout=fetching.socket_timeout, follow_redirects=True, proxy=fetching.proxy
        )
    except ImportError as error:
        raise MissingTool(
            "YouTube-8M's server cannot be asked through a SOCKS proxy: pip install 'httpx[socks]'."
        ) from error
    except (ValueError, httpx.InvalidURL):
        raise RecipeError(
            "`proxy` in [fetch] is no address of a proxy; one looks like http://127.0.0.1:3128."
        ) from None
    with client:
        yield Yt8mWeb(client, base_url, per_second, asking)
