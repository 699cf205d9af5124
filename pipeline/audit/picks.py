"""Which clips the gallery shows."""

import hashlib
import math

from pipeline.audit.data import AuditData
from pipeline.audit.distributions import quantile
from schemas.report import Pick, Ranking
from schemas.score import Score

_FRAME_METRICS = ("clip_cosine", "siglip_cosine")
_BORDER = 0.25
"""Borderline clips are those closest to this quantile."""


def pick_clips(data: AuditData) -> tuple[Ranking | None, dict[str, Pick]]:
    """The score that clips are ranked by, and as many clips as the recipe asks for, in the order
    worst, best, borderline, random."""
    ranking = find_ranking(data)
    values = ranked_values(data, ranking) if ranking else {}
    clip_ids = [clip.clip_id for clip in data.clips]
    return ranking, choose(clip_ids, values, data.settings.gallery)


def find_ranking(data: AuditData) -> Ranking | None:
    """The score of prompts that clips are ranked by: the first in the recipe's order that is
    against the frame, which a prompt is written for; without one, the first of any kind."""
    scored = [
        (step.name, metric)
        for step in data.steps
        for metric in sorted(
            {row.metric for row in step.rows if isinstance(row, Score) and row.subject == "prompt"}
        )
    ]
    if not scored:
        return None
    step, metric = min(scored, key=lambda each: each[1] not in _FRAME_METRICS)
    return Ranking(step=step, metric=metric, subject="prompt")


def ranked_values(data: AuditData, ranking: Ranking) -> dict[str, float]:
    """Each clip's value of the ranking's score, where it is a number."""
    return {
        row.clip_id: row.value
        for step in data.steps
        if step.name == ranking.step
        for row in step.rows
        if isinstance(row, Score)
        and (row.metric, row.subject) == (ranking.metric, ranking.subject)
        and math.isfinite(row.value)
    }


def choose(clip_ids: list[str], values: dict[str, float], limit: int) -> dict[str, Pick]:
    """A quarter each of the worst, borderline, best and random clips, at most `limit` in all.

    Chance is a hash of the clip's id, so that a clip keeps its place when others are added. Clips
    without a value can only be random ones.
    """
    quota = min(limit, len(clip_ids)) // 4
    ranked = sorted(
        (value, clip_id) for clip_id in set(clip_ids) if (value := values.get(clip_id)) is not None
    )
    picks: dict[str, Pick] = {}
    if ranked:
        border = quantile([value for value, _ in ranked], _BORDER)
        nearest = sorted(ranked, key=lambda each: (abs(each[0] - border), each[1]))
        _take(picks, "worst", quota, [clip_id for _, clip_id in ranked])
        _take(picks, "best", quota, [clip_id for _, clip_id in reversed(ranked)])
        _take(picks, "borderline", quota, [clip_id for _, clip_id in nearest])
    drawn = sorted(set(clip_ids), key=lambda clip_id: hashlib.sha256(clip_id.encode()).digest())
    _take(picks, "random", limit - len(picks), drawn)
    return picks


def _take(picks: dict[str, Pick], pick: Pick, count: int, candidates: list[str]) -> None:
    free = [clip_id for clip_id in candidates if clip_id not in picks]
    picks.update(dict.fromkeys(free[:count], pick))
