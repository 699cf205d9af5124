"""The gallery: which clips to look at, and everything that is known about them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pipeline.audit.data import AuditData
from pipeline.audit.links import at_second
from pipeline.audit.picks import choose, find_ranking, ranked_values
from pipeline.audit.thumbnails import write_media
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.prompt import Prompt
from schemas.report import (
    Caption,
    Gallery,
    GalleryClip,
    Missing,
    Pick,
    PromptText,
    ScoreValue,
)
from schemas.score import Score
from schemas.table import Row
from schemas.video import Video

GALLERY_CLIPS = 60
"""How many clips a gallery shows: ten minutes of listening."""

_R = TypeVar("_R", bound=Row)


def build_gallery(data: AuditData, folder: Path, limit: int = GALLERY_CLIPS) -> Gallery:
    """Choose clips, write their media into `folder`/gallery and tell what is known about them.

    Clips come in the order worst, borderline, best, random; the same data give the same gallery.
    """
    ranking = find_ranking(data)
    values = ranked_values(data, ranking) if ranking else {}
    picks = choose([clip.clip_id for clip in data.clips], values, limit)
    clips = {clip.clip_id: clip for clip in data.clips if clip.clip_id in picks}
    files: dict[str, tuple[str | None, str | None]] = {}
    for shard in sorted({clip.shard for clip in clips.values()}):
        wanted = {clip.clip_id for clip in clips.values() if clip.shard == shard}
        files |= write_media(data.samples(shard), wanted, folder, "gallery")
    videos = {video.video_id: video for video in data.videos}
    rows = _rows_of(data, picks.keys())
    missing = _missing_of(data, picks.keys())
    return Gallery(
        ranking=ranking,
        clips=[
            _entry(
                clips[clip_id],
                videos.get(clips[clip_id].video_id),
                pick,
                files.get(clip_id, (None, None)),
                rows[clip_id],
                missing[clip_id],
            )
            for clip_id, pick in picks.items()
        ],
    )


def _rows_of(data: AuditData, clip_ids: Iterable[str]) -> dict[str, list[tuple[str, Row]]]:
    """For each clip: the steps' rows about it, each with the step's name."""
    found: dict[str, list[tuple[str, Row]]] = {clip_id: [] for clip_id in clip_ids}
    for step in data.steps:
        for row in step.rows:
            clip_id = getattr(row, "clip_id", None)
            if clip_id in found:
                found[clip_id].append((step.name, row))
    return found


def _missing_of(data: AuditData, clip_ids: Iterable[str]) -> dict[str, list[Missing]]:
    wanted = set(clip_ids)
    found: dict[str, list[Missing]] = defaultdict(list)
    for step in data.steps:
        for each in step.failures:
            if each.clip_id in wanted:
                found[each.clip_id].append(
                    Missing(step=step.name, reason=each.reason, detail=each.detail)
                )
    return found


def _entry(
    clip: Clip,
    video: Video | None,
    pick: Pick,
    files: tuple[str | None, str | None],
    rows: list[tuple[str, Row]],
    missing: list[Missing],
) -> GalleryClip:
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
        frame=files[0],
        frame_width=clip.frame_width,
        frame_height=clip.frame_height,
        audio=files[1],
        frame_captions=[
            Caption(step=step, question=row.question, text=row.answer)
            for step, row in _only(FrameCaption, rows)
        ],
        music_captions=[
            Caption(step=step, question=None, text=row.text)
            for step, row in _only(MusicCaption, rows)
        ],
        prompts=[
            PromptText(
                step=step,
                text=row.text,
                words=row.words,
                clip_tokens=row.clip_tokens,
                violations=row.violations,
            )
            for step, row in _only(Prompt, rows)
        ],
        scores=[
            ScoreValue(
                step=step,
                metric=row.metric,
                subject=row.subject,
                value=row.value,
                truncated=row.truncated,
            )
            for step, row in _only(Score, rows)
            if math.isfinite(row.value)
        ],
        missing=missing,
    )


def _only(kind: type[_R], rows: list[tuple[str, Row]]) -> Iterator[tuple[str, _R]]:
    for step, row in rows:
        if isinstance(row, kind):
            yield step, row
