"""Videos too short or too long to be one song, by their page."""

from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, unmeasured, within
from pipeline.stated import Stated


def duration(stated: Stated, screen: Screen) -> Verdict | None:
    """Whether the stated length is within bounds. Value: seconds."""
    least, most = screen.min_duration_s, screen.max_duration_s
    if stated.duration_s is None:
        return unmeasured(most or least, "not stated") if most or least else None
    return within(stated.duration_s, least, most, f"{stated.duration_s:.0f} s long by its page")
