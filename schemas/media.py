"""Downloaded media: what was really obtained for each video, or why nothing was."""

from typing import Literal

from schemas.table import Hertz, Row, Seconds, Sha256, Table

MediaStatus = Literal["ok", "dropped", "session", "permanent", "policy", "transient", "broken"]
"""`dropped`: not downloaded, because a check of what the site states about it said no.
`session`: the site asks us to stop for a while. `permanent`: gone for good. `policy`: age, members
only, region. `transient`: worth another try later. `broken`: fetched, but not usable."""


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
    title: str | None = None
    """As its page states it; so are artist, track and the five fields after them."""
    artist: str | None = None
    track: str | None = None
    channel: str | None = None
    upload_date: str | None = None
    """`YYYYMMDD`."""
    licence: str | None = None
    live_status: str | None = None
    age_limit: int | None = None
    stated_duration_s: Seconds | None = None
    fetched_at: str | None = None
    """ISO 8601, UTC."""


MEDIA = Table("media", Media, key=("video_id",), volatile=("detail", "file", "tool", "fetched_at"))


class Screening(Row):
    """The verdict of one check on one video: of what is stated about it, for all that are listed,
    or of its picture and sound, for those that were fetched."""

    video_id: str
    check: str
    """`shown: TEXT` for each text that the recipe has looked for."""
    value: float
    """What was measured, in the check's own unit; 0 where nothing could be."""
    threshold: float
    passed: bool
    detail: str | None = None
    """Why it did not pass, or why nothing was measured (`not stated`)."""


SCREENING = Table("screening", Screening, key=("video_id", "check"))
