"""What sites state about a video, from its list and from its own page."""

from dataclasses import dataclass, fields, replace

from schemas.media import Media
from schemas.table import Seconds
from schemas.video import Video


@dataclass(frozen=True)
class Stated:
    """Facts that nobody measured. Text is as the site gave it: treat it as hostile."""

    title: str | None = None
    artist: str | None = None
    track: str | None = None
    channel: str | None = None
    duration_s: Seconds | None = None
    upload_date: str | None = None
    """`YYYYMMDD`."""
    licence: str | None = None
    live_status: str | None = None
    age_limit: int | None = None
    labels: tuple[str, ...] = ()

    def over(self, other: "Stated") -> "Stated":
        """These facts, and those of `other` where there are none here."""
        gaps = {
            field.name: getattr(other, field.name)
            for field in fields(self)
            if getattr(self, field.name) in (None, ())
        }
        return replace(self, **gaps)


def listed(video: Video) -> Stated:
    """What the list said."""
    return Stated(
        title=video.title,
        artist=video.artist,
        track=video.track,
        channel=video.channel,
        duration_s=video.duration_s,
        upload_date=video.upload_date,
        licence=video.licence,
        live_status=video.live_status,
        age_limit=video.age_limit,
        labels=tuple(video.labels),
    )


def stated(video: Video, media: Media | None) -> Stated:
    """All that is known: the page's word, and the list's where the page was silent or unasked."""
    if media is None:
        return listed(video)
    page = Stated(
        title=media.title,
        artist=media.artist,
        track=media.track,
        channel=media.channel,
        duration_s=media.stated_duration_s,
        upload_date=media.upload_date,
        licence=media.licence,
        live_status=media.live_status,
        age_limit=media.age_limit,
    )
    return page.over(listed(video))
