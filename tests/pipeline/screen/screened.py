"""Running the checks on made videos."""

from pathlib import Path

from pipeline.acquire.download import adopt
from pipeline.screen import Prints, screen
from pipeline.screen.evidence import Evidence
from pipeline.screen.settings import Screen
from schemas.measures import Measures
from schemas.media import Media, Screening
from schemas.video import Video


def a_video(name: str, path: object = "/x.mp4", **stated: object) -> Video:
    """A listed video."""
    facts = {"source": "s", "url": str(path), "song_id": "x", "split": "train", "shard": "train-0"}
    return Video(video_id=name, **(facts | stated))


def evidence_of(path: Path) -> Evidence:
    """What checks see of a file."""
    return Evidence(path, adopt(a_video("a", path)))


def screened(
    *videos: Video,
    media: list[Media] | None = None,
    prints: Prints | None = None,
    **options: object,
) -> tuple[list[Screening], list[Measures]]:
    """Both tables of videos that lie on this machine."""
    rows = [adopt(video) for video in videos] if media is None else media
    return screen(
        list(videos), rows, Screen(**options), lambda row: Path(str(row.file)), prints or Prints()
    )


def verdicts(*videos: Video, **options: object) -> dict[tuple[str, str], Screening]:
    """Screening rows by video and check."""
    return {(row.video_id, row.check): row for row in screened(*videos, **options)[0]}
