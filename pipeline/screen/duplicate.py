"""The same file twice, under two addresses."""

from pipeline.screen.check import Subject, Verdict
from pipeline.screen.settings import Screen


def duplicate(subject: Subject, screen: Screen) -> Verdict | None:
    """Whether the file is byte for byte that of an earlier video. Value: how many such videos."""
    if not screen.duplicates:
        return None
    first = subject.earlier.get(str(subject.media.sha256), subject.media.video_id)
    if first == subject.media.video_id:
        return Verdict(value=0, threshold=0, passed=True)
    return Verdict(value=1, threshold=0, passed=False, detail=f"same file as {first}")
