"""Quality checks on downloaded videos, one file each. A dropped video keeps its row, with what was
measured and why that was not enough."""

from collections.abc import Callable
from pathlib import Path

from pipeline.screen.check import Check, Subject, Verdict
from pipeline.screen.duplicate import duplicate
from pipeline.screen.duration import duration
from pipeline.screen.settings import Screen
from pipeline.screen.still import still
from schemas.media import Media, Screening
from schemas.video import Video

CHECKS: dict[str, Check] = {"duplicate": duplicate, "duration": duration, "still": still}
"""Every check, by the name that it has in the table; all of them look at every video."""


def screen(
    videos: list[Video],
    media: list[Media],
    earlier: dict[str, str],
    settings: Screen,
    locate: Callable[[Media], Path],
) -> list[Screening]:
    """The verdict of every check on every video that was fetched.

    Args:
        videos: in the order that decides which of two equal files came first.
        media: their outcomes; only those with status `ok` are looked at.
        earlier: sha256 of files in the dataset, and the video that each is of.
        settings: which checks are on, and their thresholds.
        locate: where a medium's file is.
    """
    fetched = {row.video_id: row for row in media if row.status == "ok"}
    seen = dict(earlier)
    rows = []
    for video in videos:
        row = fetched.get(video.video_id)
        if row is None:
            continue
        subject = Subject(row, locate(row), seen)
        found = {name: check(subject, settings) for name, check in CHECKS.items()}
        rows += [_row(row, name, verdict) for name, verdict in found.items() if verdict]
        if all(verdict.passed for verdict in found.values() if verdict):
            seen.setdefault(str(row.sha256), row.video_id)
    return rows


def _row(media: Media, check: str, verdict: Verdict) -> Screening:
    return Screening(
        video_id=media.video_id,
        check=check,
        value=verdict.value,
        threshold=verdict.threshold,
        passed=verdict.passed,
        detail=verdict.detail,
    )
