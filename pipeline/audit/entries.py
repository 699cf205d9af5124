"""All that is known about each clip, gathered from the steps' rows."""

import math
from dataclasses import dataclass, field

from pipeline.audit.data import AuditData, StepData
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.prompt import CLIP_CONTEXT, Prompt
from schemas.report import Missing
from schemas.score import Score, is_shuffled
from schemas.video import Video


@dataclass(slots=True)
class Entry:
    """One clip, and the steps' rows about it, each with the step's name."""

    clip: Clip
    video: Video | None
    frame_captions: list[tuple[str, FrameCaption]] = field(default_factory=list)
    music_captions: list[tuple[str, MusicCaption]] = field(default_factory=list)
    prompts: list[tuple[str, Prompt]] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


@dataclass(frozen=True)
class ScoreColumn:
    """One step's scores by one metric of one kind of text."""

    step: str
    metric: str
    subject: str
    values: list[float]
    """One for each entry; not a number where there is none."""
    cut: set[int] = field(default_factory=set)
    """Entries whose text was cut to the model's context."""


@dataclass(frozen=True)
class Entries:
    """All clips, sorted by id, and their scores: those of prompts first, in the recipe's order."""

    entries: list[Entry]
    scores: list[ScoreColumn]

    def truncated(self, place: int) -> bool:
        """Whether CLIP reads only the beginning of a prompt. Where its tokens were not counted,
        the rows of CLIP's scores tell."""
        prompts = self.entries[place].prompts
        counts = [row.clip_tokens for _, row in prompts if row.clip_tokens is not None]
        if counts:
            return max(counts) > CLIP_CONTEXT
        return any(
            place in column.cut
            for column in self.scores
            if (column.metric, column.subject) == ("clip_cosine", "prompt")
        )


def gather(data: AuditData) -> Entries:
    """Every clip once. Scores of shuffled pairs say nothing about a clip and are left out."""
    videos = {video.video_id: video for video in data.videos}
    clips = {clip.clip_id: clip for clip in data.clips}
    entries = [Entry(clips[key], videos.get(clips[key].video_id)) for key in sorted(clips)]
    places = {entry.clip.clip_id: place for place, entry in enumerate(entries)}
    scores: list[ScoreColumn] = []
    for step in data.steps:
        scores += _add_rows(step, entries, places)
        for each in step.failures:
            if (place := places.get(each.clip_id)) is not None:
                entries[place].missing.append(
                    Missing(step=step.name, reason=each.reason, detail=each.detail)
                )
    return Entries(entries, sorted(scores, key=lambda column: column.subject != "prompt"))


def _add_rows(step: StepData, entries: list[Entry], places: dict[str, int]) -> list[ScoreColumn]:
    columns: dict[tuple[str, str], ScoreColumn] = {}
    for row in step.rows:
        place = places.get(getattr(row, "clip_id", ""))
        if place is None:
            continue
        if isinstance(row, Score):
            _add_score(step.name, row, place, columns, len(entries))
        elif isinstance(row, FrameCaption):
            entries[place].frame_captions.append((step.name, row))
        elif isinstance(row, MusicCaption):
            entries[place].music_captions.append((step.name, row))
        elif isinstance(row, Prompt):
            entries[place].prompts.append((step.name, row))
    return [columns[key] for key in sorted(columns)]


def _add_score(
    step: str, row: Score, place: int, columns: dict[tuple[str, str], ScoreColumn], count: int
) -> None:
    if is_shuffled(row.subject):
        return
    key = row.metric, row.subject
    column = columns.get(key)
    if column is None:
        column = columns[key] = ScoreColumn(step, *key, [math.nan] * count)
    if math.isfinite(row.value):
        column.values[place] = row.value
    if row.truncated:
        column.cut.add(place)
