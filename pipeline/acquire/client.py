"""yt-dlp as a quiet, self-contained library: it prints nothing, reads no configuration, and keeps
no cache."""

import io
import logging
import re
from pathlib import Path
from typing import Any

from pipeline.acquire.errors import one_line
from pipeline.acquire.settings import Fetching
from pipeline.errors import RecipeError


class _Log:
    """Where yt-dlp's messages go: to the log at debug level, without credentials."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("framesong.yt_dlp")

    def debug(self, message: str) -> None:
        self._logger.debug("%s", one_line(message))

    info = warning = error = debug


def options(fetching: Fetching) -> dict[str, Any]:
    """Options for `yt_dlp.YoutubeDL` that listing and downloading share. Retries are set because
    the library's default, unlike the command line's, is none.

    Raises:
        RecipeError: the cookies file cannot be read.
    """
    chosen: dict[str, Any] = {
        "logger": _Log(),
        "quiet": True,
        "noprogress": True,
        "color": "never",
        "cachedir": False,
        "ignoreerrors": False,
        "enable_file_urls": False,
        "geo_bypass": False,  # yt-dlp would forge an address header
        "socket_timeout": fetching.socket_timeout,
        "retries": fetching.retries,
        "fragment_retries": fetching.retries,
        "extractor_retries": fetching.retries,
        "retry_sleep_functions": {"http": _pause, "fragment": _pause, "extractor": _pause},
    }
    if fetching.proxy is not None:
        chosen["proxy"] = fetching.proxy
    if fetching.cookies_file is not None:
        chosen["cookiefile"] = _cookies(Path(fetching.cookies_file).expanduser())
    return chosen


def _pause(n: int) -> float:
    """Seconds before retry `n`, counted from 0: half a second, doubled each time, at most 30."""
    return min(0.5 * 2.0**n, 30.0)


def _cookies(path: Path) -> io.StringIO:
    """A copy in memory, because yt-dlp writes its jar back when it closes. Checked here, because
    yt-dlp prints the lines that it cannot read, secrets and all."""
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
