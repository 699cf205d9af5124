"""What a video's own page states about it, made fit for a table."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.lines import clean_line
from pipeline.stated import Stated
from schemas.table import Seconds

MAX_TEXT = 1000
"""Characters of a stated text. YouTube allows 100 in a title; other sites set no bound."""
_MAX_SECONDS = 1e9
_MAX_AGE = 150


def page_facts(info: Mapping[str, Any]) -> Stated:
    """The facts in what yt-dlp found. What is of the wrong type or beyond all sense is left out."""
    artists = info.get("artists")
    names = ", ".join(map(str, artists)) if isinstance(artists, list) else info.get("artist")
    date = _text(info.get("upload_date"))
    age = _number(info.get("age_limit"), _MAX_AGE)
    return Stated(
        title=_text(info.get("title")),
        artist=_text(names),
        track=_text(info.get("track")),
        channel=_text(info.get("channel") or info.get("uploader")),
        duration_s=_number(info.get("duration"), _MAX_SECONDS) or None,
        upload_date=date if date and re.fullmatch(r"[0-9]{8}", date) else None,
        licence=_text(info.get("license")),
        live_status=_text(info.get("live_status")),
        age_limit=None if age is None else int(age),
    )


def media_fields(facts: Stated) -> dict[str, object]:
    """The facts as fields of `schemas.media.Media`."""
    return {
        "title": facts.title,
        "artist": facts.artist,
        "track": facts.track,
        "channel": facts.channel,
        "upload_date": facts.upload_date,
        "licence": facts.licence,
        "live_status": facts.live_status,
        "age_limit": facts.age_limit,
        "stated_duration_s": facts.duration_s,
    }


def _text(value: object) -> str | None:
    return clean_line(str(value)[: 4 * MAX_TEXT], MAX_TEXT) or None if value else None


def _number(value: object, most: float) -> Seconds | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 <= number <= most else None
