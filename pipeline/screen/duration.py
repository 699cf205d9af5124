"""Videos too long to be one song."""

from pipeline.screen.check import Subject, Verdict
from pipeline.screen.settings import Screen


def duration(subject: Subject, screen: Screen) -> Verdict | None:
    """Whether the video is short enough. Value: the measured duration in seconds."""
    longest = screen.max_duration_s
    if not longest:
        return None
    value = subject.media.duration_s or 0.0
    if value <= longest:
        return Verdict(value, longest, passed=True)
    return Verdict(value, longest, passed=False, detail=f"{value:.0f} s, allowed are {longest:.0f}")
