"""The `[fetch]` options of a recipe."""

from pydantic import Field, field_validator

from pipeline.acquire.quiet import parse_quiet_hours
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
    workers: int = Field(default=1, ge=1, le=8)
    """Videos that are downloaded at once. All limits hold for all of them together."""
    gap_seconds: Seconds = Field(default=7.5, ge=0)
    """Mean pause of each site: after a request began, and after a video came, two thirds to four
    thirds of it, at random. yt-dlp's maintainers recommend 5 to 10 seconds for YouTube."""
    per_hour: int = Field(default=300, ge=1, le=36_000)
    """Videos that each site is asked for within any 60 minutes, also across restarts. YouTube
    gives its guests about 300."""
    quiet_hours: str | None = None
    """Hours in which nothing is asked, as "22:00-06:00" in this machine's local time. A download
    that runs when they begin is finished."""
    block_pauses_s: list[Seconds] = Field(default=[600.0, 3600.0, 21600.0], min_length=1)
    """How long all asking rests each time a site asks us to stop. The last pause is not waited for:
    the run ends and says when to come back."""
    retries: int = Field(default=5, ge=0)
    """For each request that fails in passing."""
    retry_pause_s: Seconds = Field(default=2.0, ge=0)
    """Before the first retry; doubled each time, at most a minute. A server's Retry-After is
    honoured where it is longer."""
    socket_timeout: Seconds = Field(default=20.0, gt=0)
    """How long a silent server is waited for, each time."""
    max_seconds_per_video: Seconds = Field(default=1800.0, gt=0)
    """A video that takes longer is given up, to be tried again in a later pass."""
    max_bytes: int = Field(default=2_000_000_000, gt=0)
    """Of one video. What is larger, or says that it is, is refused."""
    rate_limit: int | None = Field(default=None, gt=0)
    """Bytes a second of each download; none by default."""
    disk_budget_gb: float = Field(default=20.0, gt=0)
    """What downloads that wait to be cut may take; then fetching waits for cutting."""
    keep_free_gb: float = Field(default=2.0, ge=0)
    """Nothing is fetched while less than this is free on the dataset's disk."""
    keep_media: bool = False
    """Keep downloaded files after their shard is committed."""
    cookies_file: str | None = None
    """A Netscape cookies file, only if you want one used; it is never copied or logged."""
    proxy: str | None = None
    """Address of a proxy, only if you want one used."""

    @field_validator("quiet_hours")
    @classmethod
    def _two_times_of_day(cls, value: str | None) -> str | None:
        if value is not None:
            parse_quiet_hours(value)
        return value

    @field_validator("block_pauses_s")
    @classmethod
    def _growing(cls, value: list[Seconds]) -> list[Seconds]:
        if value[0] <= 0 or value != sorted(value):
            raise ValueError("seconds above 0, none shorter than the one before it")
        return value
