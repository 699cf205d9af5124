"""Downloaded media: what was really obtained for each video, or why nothing was."""

from typing import Literal

from schemas.table import Hertz, Row, Seconds, Sha256, Table

MediaStatus = Literal["ok", "session", "permanent", "policy", "transient", "broken"]
"""`session`: the site asks us to stop for a while. `permanent`: gone for good. `policy`: age,
members only, region. `transient`: worth another try later. `broken`: fetched, but not usable."""


class Media(Row):
    """The outcome of fetching one video."""

    video_id: str
    status: MediaStatus
    reason: str | None = None
    """A short word to count by (`http_404`, `no_audio_stream`, `too_short`); None if ok."""
    detail: str | None = None
    """One line for people."""
    format_ids: list[str] = []
    container: str | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    width: int | None = None
    """Pixels as stored, before rotation and sample aspect ratio."""
    height: int | None = None
    fps: float | None = None
    audio_rate: Hertz | None = None
    duration_s: Seconds | None = None
    """Measured: the time that both audio and video cover."""
    bytes: int | None = None
    sha256: Sha256 | None = None
    file: str | None = None
    """Where the file was while it was cut: relative to the dataset, or absolute when it is the
    user's own."""
    tool: str | None = None
    """Downloader and version."""
    fetched_at: str | None = None
    """ISO 8601, UTC."""


MEDIA = Table("media", Media, key=("video_id",), volatile=("detail", "file", "tool", "fetched_at"))


class Screening(Row):
    """The verdict of one check on one video."""

    video_id: str
    check: str
    value: float
    """What was measured, in the check's own unit."""
    threshold: float
    passed: bool
    detail: str | None = None


SCREENING = Table("screening", Screening, key=("video_id", "check"))
