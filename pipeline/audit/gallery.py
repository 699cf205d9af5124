"""The gallery: all clips to look at, and which of them to look at first."""

import math
from collections.abc import Mapping
from pathlib import Path

from pipeline.audit.data import AuditData
from pipeline.audit.entries import Entries, gather
from pipeline.audit.links import at_second
from pipeline.audit.media import ReportMedia
from pipeline.audit.side_files import write_side_files
from schemas.report import (
    Caption,
    Gallery,
    GalleryClip,
    Pick,
    PromptText,
    Ranking,
    ScoreValue,
)


def build_gallery(
    data: AuditData,
    ranking: Ranking | None,
    picks: Mapping[str, Pick],
    media: ReportMedia,
    folder: Path,
) -> Gallery:
    """Write what the page loads of all clips into `folder`/data, and tell all about the picks, in
    their order.

    Args:
        ranking: the score that the picks were chosen by.
        media: the files that were written, relative to `folder`.
    """
    entries = gather(data)
    write_side_files(entries, ranking, picks, media, folder, data.content_digest)
    places = {entry.clip.clip_id: place for place, entry in enumerate(entries.entries)}
    return Gallery(
        ranking=ranking,
        clips=[_picked(entries, places[clip_id], pick, media) for clip_id, pick in picks.items()],
    )


def _picked(entries: Entries, place: int, pick: Pick, media: ReportMedia) -> GalleryClip:
    entry = entries.entries[place]
    clip, video = entry.clip, entry.video
    return GalleryClip(
        clip_id=clip.clip_id,
        video_id=clip.video_id,
        pick=pick,
        split=clip.split,
        source=video.source if video else "",
        title=video.title if video else None,
        artist=video.artist if video else None,
        start_s=clip.start_s,
        end_s=clip.end_s,
        frame_pts_s=clip.frame_pts_s,
        url=at_second(video.url, clip.start_s) if video else None,
        frame=media.frames.get(clip.clip_id),
        frame_width=clip.frame_width,
        frame_height=clip.frame_height,
        audio=media.audio.get(clip.clip_id),
        frame_captions=[
            Caption(step=step, question=row.question, text=row.answer)
            for step, row in entry.frame_captions
        ],
        music_captions=[
            Caption(step=step, question=None, text=row.text) for step, row in entry.music_captions
        ],
        prompts=[
            PromptText(
                step=step,
                text=row.text,
                words=row.words,
                clip_tokens=row.clip_tokens,
                violations=row.violations,
            )
            for step, row in entry.prompts
        ],
        scores=[
            ScoreValue(
                step=column.step,
                metric=column.metric,
                subject=column.subject,
                value=column.values[place],
                truncated=place in column.cut,
            )
            for column in entries.scores
            if not math.isnan(column.values[place])
        ],
        missing=entry.missing,
    )
