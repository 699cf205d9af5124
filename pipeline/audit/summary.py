"""The report's figures, from rows alone."""

import math

from pipeline.audit.clipscores import clipscores
from pipeline.audit.data import AuditData, StepData
from pipeline.audit.groups import groups_of
from pipeline.audit.outcomes import Loss, count_reasons, fetched, lost_videos, summarise_drops
from pipeline.audit.prompts import summarise_prompts
from pipeline.audit.remarks import remarks
from pipeline.audit.scores import summarise_scores
from pipeline.audit.texts import overlaps
from schemas.clip import Clip
from schemas.report import (
    Breakdown,
    Counts,
    Gallery,
    MediaFacts,
    ModelUse,
    Report,
    StepState,
    StepSummary,
)
from schemas.video import Video


def summarise(data: AuditData, created_at: str, gallery: Gallery, media: MediaFacts) -> Report:
    """Everything that the report says.

    Args:
        created_at: ISO 8601, UTC.
        gallery: the clips to look at, from `pipeline.audit.gallery`.
        media: facts of sound and picture, from `pipeline.audit.media`.
    """
    report = Report(
        dataset=data.dataset,
        created_at=created_at,
        content_digest=data.content_digest,
        settings=data.stated.model_dump(),
        remarks=[],
        counts=summarise_counts(data),
        drops=summarise_drops(data),
        steps=[_step(step, data.clips) for step in data.steps],
        scores=summarise_scores(data),
        clipscores=clipscores(data),
        prompts=summarise_prompts(data),
        overlaps=overlaps(data),
        media=media,
        gallery=gallery,
    )
    return report.model_copy(update={"remarks": remarks(report)})


def summarise_counts(data: AuditData) -> Breakdown:
    """Videos, clips and hours, all together and by split and source."""
    videos = list({video.video_id: video for video in data.videos}.values())
    sources = groups_of(data).source
    losses = lost_videos(data)
    usable = fetched(data)

    def count(videos: list[Video], clips: list[Clip]) -> Counts:
        return _count(videos, clips, losses, usable)

    splits = sorted({video.split for video in videos} | {clip.split for clip in data.clips})
    names = sorted({*(video.source for video in videos), *sources.values()})
    return Breakdown(
        total=count(videos, data.clips),
        by_split={
            split: count(
                [video for video in videos if video.split == split],
                [clip for clip in data.clips if clip.split == split],
            )
            for split in splits
        },
        by_source={
            name: count(
                [video for video in videos if video.source == name],
                [clip for clip in data.clips if sources[clip.clip_id] == name],
            )
            for name in names
        },
    )


def _count(
    videos: list[Video], clips: list[Clip], losses: dict[str, Loss], usable: set[str]
) -> Counts:
    cut = {clip.video_id for clip in clips}
    with_clips = [video for video in videos if video.video_id in cut]
    dropped = sum(video.video_id in losses for video in videos)
    return Counts(
        listed=len(videos),
        fetched=sum(video.video_id in usable for video in videos),
        dropped=dropped,
        waiting=len(videos) - dropped - len(with_clips),
        with_clips=len(with_clips),
        songs=len({video.song_id for video in with_clips}),
        clips=len(clips),
        hours=math.fsum(clip.end_s - clip.start_s for clip in clips) / 3600,
    )


def _step(step: StepData, clips: list[Clip]) -> StepSummary:
    wanted = {clip.clip_id for clip in clips}
    done = wanted & {str(getattr(row, "clip_id", "")) for row in step.rows}
    failures = {each.clip_id: each.reason for each in step.failures if each.clip_id in wanted}
    failed = failures.keys() - done
    waiting = len(wanted) - len(done) - len(failed)
    return StepSummary(
        name=step.name,
        variant=step.variant,
        table=step.table,
        state=_state(len(done), len(failed), waiting),
        rows=len(step.rows),
        clips=len(wanted),
        done=len(done),
        failed=len(failed),
        waiting=waiting,
        failures=count_reasons(failures[clip_id] for clip_id in sorted(failed)),
        models=[
            ModelUse(option=option, model=used.model, revision=used.revision, digest=used.digest)
            for option, used in sorted(step.models.items())
        ],
    )


def _state(done: int, failed: int, waiting: int) -> StepState:
    if not done and not failed:
        return "not_run"
    if not done:
        return "failed"
    return "incomplete" if waiting else "complete"
