"""The `[fetch]` options of a recipe."""

from pydantic import Field

from pipeline.settings import Settings
from schemas.table import Seconds


class Fetching(Settings):
    """How videos are downloaded. None of it decides which clips a downloaded file gives."""

    format: str = (
        'bv[height<=480][height>=360][vcodec~="^(avc|vp0?9)"][format_note!*=?AI-upscaled]'
        "+ba[format_note!*=?DRC]/18/b"
    )
    """yt-dlp's format selector: moderate size, no AI upscaling, no dynamic range compression."""
    format_sort: list[str] = ["lang", "res:480", "vcodec:avc", "acodec:opus"]
    """yt-dlp's order of preference among what the selector allows."""
    gap_seconds: Seconds = Field(default=6.0, ge=0)
    """Mean pause between two videos of one site. Guests of YouTube get about 300 videos an hour."""
    retries: int = Field(default=5, ge=0)
    """For each request that fails in passing."""
    socket_timeout: Seconds = Field(default=20.0, gt=0)
    """How long a silent server is waited for, each time."""
    rate_limit: int | None = Field(default=None, gt=0)
    """Bytes a second; none by default."""
    keep_media: bool = False
    """Keep downloaded files after their shard is committed."""
    cookies_file: str | None = None
    """A Netscape cookies file, only if you want one used; it is never copied or logged."""
    proxy: str | None = None
    """Address of a proxy, only if you want one used."""
