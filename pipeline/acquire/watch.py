"""Watching over one video's transfer: it can be stopped, and is bounded in time and in bytes."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yt_dlp.utils import DownloadCancelled

from pipeline.acquire.errors import Outcome
from pipeline.acquire.retries import MAX_PAUSE, retry_pause
from pipeline.acquire.settings import Fetching
from schemas.media import MediaStatus
from schemas.table import Seconds

PAGE_BYTES = 64_000_000
"""More than any page or list of segments has. yt-dlp reads those whole, into memory."""
_PIECE = 65_536
_LOOK_S: Seconds = 0.2


class Refused(Exception):
    """What the site has or sends is nothing that is taken."""

    def __init__(self, status: MediaStatus, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Outcome(status, reason, detail)


class Watch:
    """The bounds of one video. Each piece that arrives is looked at."""

    def __init__(self, folder: Path, fetching: Fetching, running: Callable[[], bool]) -> None:
        self._folder = folder
        self._fetching = fetching
        self._running = running
        self._ends = time.monotonic() + fetching.max_seconds_per_video
        self._sizes: dict[str, int] = {}
        self.wish: Seconds = 0.0
        """How long a busy server wants to be left alone; 0 if it does not, or if that is done."""

    def look(self) -> None:
        """
        Raises:
            DownloadCancelled: the work is to stop.
            Refused: the time is over.
        """
        if not self._running():
            raise DownloadCancelled
        if time.monotonic() > self._ends:
            limit = self._fetching.max_seconds_per_video
            raise Refused("transient", "too_slow", f"not finished after {limit:g} seconds")

    def pause(self, n: int) -> Seconds:
        """Wait before yt-dlp's retry `n`, from 0, of what it retries itself: it would neither heed
        a Retry-After nor let itself be stopped.

        Returns:
            0: how long yt-dlp is to wait.

        Raises:
            DownloadCancelled, Refused: as `look`; also if the server wants a longer rest than that.
        """
        if self.wish > MAX_PAUSE:
            detail = f"the server is busy and wants to be left alone for {self.wish:g} seconds"
            raise Refused("transient", "http_503", detail)
        ends = time.monotonic() + max(retry_pause(n, self._fetching), self.wish)
        self.wish = 0.0
        while (left := ends - time.monotonic()) > 0:
            self.look()
            time.sleep(min(left, _LOOK_S))
        return 0.0

    def elsewhere(self, wait: Callable[[], None]) -> None:
        """Wait for something else, which takes none of this video's time."""
        began = time.monotonic()
        self.wish = 0.0
        wait()
        self._ends += time.monotonic() - began

    def progress(self, status: dict[str, Any]) -> None:
        """Look at what yt-dlp says about a download: see its `progress_hooks`.

        Raises:
            DownloadCancelled, Refused: as `look`; also if it is too large for the rules or, going
                by the size that the server stated, for the disk. That may be a lie: it is no
                reason to end a run, so it is an outcome of this video's alone.
        """
        self.look()
        name = str(status.get("filename"))
        there = int(status.get("downloaded_bytes") or 0)
        size = max(there, int(status.get("total_bytes") or 0))
        new = size > self._sizes.get(name, 0)
        self._sizes[name] = size
        if sum(self._sizes.values()) > self._fetching.max_bytes:
            limit = f"{self._fetching.max_bytes / 1e6:g} MB (`max_bytes` in [fetch])"
            raise Refused("policy", "too_large", f"{size / 1e6:.0f} MB; allowed are {limit}")
        if new and size - there > (free := shutil.disk_usage(self._folder).free):
            detail = f"the server states {size / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free"
            raise Refused("transient", "no_room", detail)


class WatchedBody:
    """A response's body that is read as it arrives, so that one byte a second can neither outlast
    the bounds nor keep a run from being stopped. Everything else is the wrapped body's."""

    def __init__(self, body: Any, watch: Watch, most: int | None) -> None:
        self._body = body
        self._watch = watch
        self._left = most

    def read(self, amt: int | None = None, **options: Any) -> bytes:
        """At most `amt` bytes, less if less is there, none at the end; without `amt`, all.

        Raises:
            DownloadCancelled, Refused: as `Watch.look`; also if the body is too long for a page.
        """
        if amt is None:
            return b"".join(iter(lambda: self.read(_PIECE, **options), b""))
        self._watch.look()
        short = getattr(self._body, "read1", self._body.read)
        data: bytes = short(amt, **options)
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                detail = f"a page with more than {PAGE_BYTES / 1e6:g} MB"
                raise Refused("permanent", "page_too_large", detail)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)
