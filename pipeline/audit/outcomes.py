"""What became of each video and clip: the one place that decides where something was lost."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipeline.audit.data import AuditData
from pipeline.failures import dropped
from schemas.media import MediaStatus
from schemas.report import Drop, Example

_EXAMPLES = 3


@dataclass(frozen=True)
class Loss:
    """One video or clip that came to nothing, and where."""

    of: Literal["video", "clip"]
    id: str
    stage: str
    reason: str
    detail: str = ""
    status: MediaStatus | None = None


def fetched(data: AuditData) -> set[str]:
    """The videos that were downloaded and are usable."""
    return {media.video_id for media in data.media if media.status == "ok"}


def lost_videos(data: AuditData) -> dict[str, Loss]:
    """For each listed video that gave no clip and will not: why, by video id.

    A video that was listed again after a failure counts by how far it got. Where it failed several
    checks or in several windows, the first by name (or by time) is the reason, so that each lost
    video counts once.
    """
    losses: dict[str, Loss] = {}
    for media in data.media:
        reason = media.reason or media.status
        losses[media.video_id] = Loss(
            "video", media.video_id, "fetch", reason, media.detail or "", media.status
        )
    for video_id in fetched(data):
        del losses[video_id]
    for video_id, (reason, detail) in dropped(data.screening, data.matches).items():
        losses[video_id] = Loss("video", video_id, "screen", reason, detail)
    ids = {video.video_id for video in data.videos}
    for failure in sorted(data.cut_failures, key=lambda each: each.clip_id, reverse=True):
        video_id = video_of(failure.clip_id, ids)
        losses[video_id] = Loss("video", video_id, "cut", failure.reason, failure.detail)
    for clip in data.clips:
        losses.pop(clip.video_id, None)
    return {video_id: loss for video_id, loss in losses.items() if video_id in ids}


def lost_clips(data: AuditData) -> list[Loss]:
    """The clips that could not be cut, and those that a step has no rows for."""
    ids = {video.video_id for video in data.videos}
    losses = [
        Loss("clip", each.clip_id, "cut", each.reason, each.detail)
        for each in data.cut_failures
        if each.clip_id not in ids
    ]
    for step in data.steps:
        losses += [
            Loss("clip", each.clip_id, step.name, each.reason, each.detail)
            for each in step.failures
        ]
    return losses


def video_of(failed_id: str, video_ids: set[str]) -> str:
    """The video that the id of a video or of one of its clips belongs to."""
    return failed_id if failed_id in video_ids else failed_id.rpartition("-")[0]


def summarise_drops(data: AuditData) -> list[Drop]:
    """Losses by stage and reason: in the order of a dataset's life, the largest first."""
    titles = {video.video_id: video.title for video in data.videos}
    groups: dict[tuple[str, str, MediaStatus | None], list[Loss]] = defaultdict(list)
    for loss in (*lost_videos(data).values(), *lost_clips(data)):
        groups[loss.stage, loss.reason, loss.status].append(loss)
    drops = [
        Drop(
            stage=stage,
            reason=reason,
            status=status,
            videos=sum(loss.of == "video" for loss in losses),
            clips=sum(loss.of == "clip" for loss in losses),
            examples=_examples(losses, titles),
        )
        for (stage, reason, status), losses in groups.items()
    ]
    stages = ["fetch", "screen", "cut", *(step.name for step in data.steps)]
    return sorted(
        drops,
        key=lambda drop: (
            stages.index(drop.stage),
            -drop.videos,
            -drop.clips,
            drop.reason,
            drop.status or "",
        ),
    )


def count_reasons(reasons: Iterable[str]) -> dict[str, int]:
    """How often each occurs, the commonest first, equals by name."""
    counts = Counter(reasons)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _examples(losses: list[Loss], titles: dict[str, str | None]) -> list[Example]:
    """The first few by id: clips where there are any, as they say when."""
    clips = [loss for loss in losses if loss.of == "clip"]
    first = sorted(clips or losses, key=lambda loss: loss.id)[:_EXAMPLES]
    return [
        Example(id=loss.id, title=titles.get(video_of(loss.id, set(titles))), detail=loss.detail)
        for loss in first
    ]
