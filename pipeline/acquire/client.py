"""yt-dlp as a quiet, self-contained library: it prints nothing, reads no configuration, and keeps
no cache."""

import io
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.networking.exceptions import HTTPError

from pipeline.acquire.errors import one_line, retry_after
from pipeline.acquire.retries import retry_pause
from pipeline.acquire.settings import Fetching
from pipeline.acquire.watch import PAGE_BYTES, Watch, WatchedBody
from pipeline.errors import RecipeError
from schemas.table import Seconds

JAVASCRIPT = ("deno", "node")
"""Programs that may run YouTube's scripts, in yt-dlp's order of preference."""


class _Log:
    """Where yt-dlp's messages go: to the log at debug level, without credentials."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("framesong.yt_dlp")

    def debug(self, message: str) -> None:
        self._logger.debug("%s", one_line(message))

    info = warning = error = debug


class WatchedClient(YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """A yt-dlp whose every response is watched."""

    def __init__(self, chosen: dict[str, Any], watch: Watch) -> None:
        self._watch = watch
        self.page_bytes: int | None = PAGE_BYTES
        """Bound of each response while a video is looked up; None for its media."""
        super().__init__(chosen)

    def urlopen(self, request: Any) -> Any:
        """Send a request."""
        self._watch.look()
        try:
            response = super().urlopen(request)
        except HTTPError as error:
            self._watch.wish = (error.status == 503 and retry_after(error)) or 0.0
            raise
        response.fp = WatchedBody(response.fp, self._watch, self.page_bytes)
        return response


def selector(client: YoutubeDL, fetching: Fetching) -> Callable[[object], Any]:
    """yt-dlp's form of the option `format`.

    Raises:
        RecipeError: it is none.
    """
    try:
        built: Callable[[object], Any] = client.build_format_selector(fetching.format)
    except SyntaxError as error:
        raise RecipeError(
            f"`format` in [fetch] is no format selector of yt-dlp: {one_line(str(error))}"
        ) from None
    return built


def options(fetching: Fetching) -> dict[str, Any]:
    """Options for `yt_dlp.YoutubeDL` that listing and downloading share. Retries are set because
    the library's default, unlike the command line's, is none.

    Raises:
        RecipeError: the cookies file cannot be read.
    """

    def pause(n: int) -> Seconds:
        return retry_pause(n, fetching)

    chosen: dict[str, Any] = {
        "logger": _Log(),
        "quiet": True,
        "noprogress": True,
        "color": "never",
        "cachedir": False,
        "js_runtimes": {name: {} for name in JAVASCRIPT},
        "ignoreerrors": False,
        "enable_file_urls": False,
        "geo_bypass": False,  # yt-dlp would forge an address header
        "socket_timeout": fetching.socket_timeout,
        "retries": fetching.retries,
        "fragment_retries": fetching.retries,
        "extractor_retries": fetching.retries,
        "retry_sleep_functions": {"http": pause, "fragment": pause, "extractor": pause},
    }
    if fetching.proxy is not None:
        chosen["proxy"] = fetching.proxy
    if fetching.cookies_file is not None:
        chosen["cookiefile"] = read_cookies(Path(fetching.cookies_file).expanduser())
    return chosen


def read_cookies(path: Path) -> io.StringIO:
    """A copy in memory, because yt-dlp writes its jar back when it closes. Checked here, because
    yt-dlp prints the lines that it cannot read, secrets and all.

    Raises:
        RecipeError: the file cannot be read, or is no Netscape cookies file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"The cookies file {path} cannot be read ({type(error).__name__}): "
            "set `cookies_file` in [fetch] to a Netscape cookies file, or leave it out."
        ) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not _is_cookie_line(line):
            raise RecipeError(
                f"{path}:{number} is no line of a Netscape cookies file: export the file again "
                "from your browser, or leave `cookies_file` out of [fetch]."
            )
    return io.StringIO(text)


def _is_cookie_line(line: str) -> bool:
    """Seven columns: domain, whether subdomains count, path, secure, expiry, name, value."""
    line = line.removeprefix("#HttpOnly_")
    if not line.strip() or line.startswith("#"):
        return True
    columns = line.split("\t")
    if len(columns) != 7:
        return False
    domain, subdomains, _, _, expiry, _, _ = columns
    wide = subdomains == "TRUE"
    return wide == domain.startswith(".") and bool(re.fullmatch(r"([0-9]+(\.[0-9]+)?)?", expiry))
