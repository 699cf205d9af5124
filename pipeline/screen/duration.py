"""Videos too short or too long to be one song, as measured; `stated.duration` asks the same of what
the site says."""

from pipeline.screen.evidence import Evidence
from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, within


def duration(evidence: Evidence, screen: Screen) -> Verdict | None:
    """Whether the length is within bounds. Value: seconds that both audio and video cover."""
    value = evidence.media.duration_s or 0.0
    return within(value, screen.min_duration_s, screen.max_duration_s, f"{value:.0f} s long")
