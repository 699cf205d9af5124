"""The figures of scores."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.audit.bootstrap import interval_of_mean
from pipeline.audit.data import AuditData, StepData
from pipeline.audit.distributions import bin_edges, distribution
from pipeline.audit.groups import Groups, grouped, groups_of
from schemas.report import Distribution, Floor, Interval, ScoreSummary
from schemas.score import SCORES, Score, is_shuffled, shuffled

CLIPSCORE_METRIC = "clip_cosine"
"""The one metric that CLIPScore is made of."""
CLIPSCORE_WEIGHT = 2.5
"""Hessel et al. 2021, section 3."""


@dataclass
class Scored:
    """One metric of one subject, as one step measured it."""

    values: dict[str, float] = field(default_factory=dict)
    """By clip, where they are numbers."""
    not_finite: int = 0
    truncated: int = 0

    def add(self, row: Score) -> None:
        """Take in a row of this metric and subject."""
        self.truncated += row.truncated
        if math.isfinite(row.value):
            self.values[row.clip_id] = row.value
        else:
            self.not_finite += 1


def scored(step: StepData) -> dict[str, dict[str, Scored]]:
    """A step's scores by metric and subject, shuffled ones too; empty for other tables."""
    if step.table != SCORES.name:
        return {}
    metrics: dict[str, dict[str, Scored]] = defaultdict(lambda: defaultdict(Scored))
    for row in step.rows:
        if isinstance(row, Score):
            metrics[row.metric][row.subject].add(row)
    return {metric: dict(subjects) for metric, subjects in sorted(metrics.items())}


def summarise_scores(data: AuditData) -> list[ScoreSummary]:
    """One summary per step, metric and subject, prompts first. The histograms of one metric share
    their bins, so that they compare by eye, also with their floor."""
    groups = groups_of(data)
    return [
        _summary(measured, subject)
        for step in data.steps
        for metric, subjects in scored(step).items()
        for measured in [_Measured(step.name, metric, subjects, _edges(subjects), groups)]
        for subject in sorted(subjects, key=lambda name: (name != "prompt", name))
        if not is_shuffled(subject)
    ]


def clipscore(cosines: Sequence[float]) -> float:
    """The mean of max(cosine, 0), between 0 and 1: the form of published figures of music-to-image
    datasets, and torchmetrics' divided by 100."""
    return math.fsum(max(cosine, 0.0) for cosine in cosines) / len(cosines)


@dataclass(frozen=True)
class _Measured:
    """One metric of one step."""

    step: str
    metric: str
    subjects: Mapping[str, Scored]
    edges: list[float]
    """Of all histograms."""
    groups: Groups

    def clipscore(self, cosines: Iterable[float]) -> float | None:
        """For the metric that has one."""
        values = list(cosines)
        return clipscore(values) if values and self.metric == CLIPSCORE_METRIC else None

    def spread(self, values: Iterable[float]) -> Distribution | None:
        """None without values."""
        found = list(values)
        return distribution(found, self.edges) if found else None

    def interval(self, values: Mapping[str, float], name: str) -> Interval | None:
        """Of the mean of values by clip; None without values."""
        by_video = grouped(values.items(), self.groups.video)
        return interval_of_mean(by_video, f"{self.metric} {name}") if values else None


def _edges(subjects: Mapping[str, Scored]) -> list[float]:
    values = [value for one in subjects.values() for value in one.values.values()]
    return bin_edges(values) if values else []


def _summary(measured: _Measured, subject: str) -> ScoreSummary:
    one = measured.subjects[subject]
    mean = measured.clipscore(one.values.values())
    return ScoreSummary(
        step=measured.step,
        metric=measured.metric,
        subject=subject,
        values=measured.spread(one.values.values()),
        interval=measured.interval(one.values, subject),
        by_split=_by(measured, one.values, measured.groups.split),
        by_source=_by(measured, one.values, measured.groups.source),
        not_finite=one.not_finite,
        truncated=one.truncated,
        clipscore=mean,
        clipscore_hessel=None if mean is None else CLIPSCORE_WEIGHT * mean,
        floor=_floor(measured, subject),
    )


def _by(
    measured: _Measured, values: Mapping[str, float], group: Mapping[str, str]
) -> dict[str, Distribution]:
    return {
        name: distribution(found, measured.edges)
        for name, found in grouped(values.items(), group).items()
    }


def _floor(measured: _Measured, subject: str) -> Floor | None:
    own = measured.subjects[subject].values
    other = measured.subjects.get(shuffled(subject), Scored()).values
    gaps = {clip_id: own[clip_id] - value for clip_id, value in other.items() if clip_id in own}
    values = measured.spread(other.values())
    interval = measured.interval(gaps, f"{subject} gap")
    if values is None or interval is None:
        return None
    return Floor(
        values=values,
        clipscore=measured.clipscore(other.values()),
        gap=math.fsum(gaps.values()) / len(gaps),
        gap_interval=interval,
        won=win_rate(gaps.values()),
    )


def win_rate(differences: Iterable[float]) -> float:
    """The share of differences above 0; those of exactly 0 count half."""
    found = list(differences)
    return sum(1.0 if each > 0 else 0.5 if each == 0 else 0.0 for each in found) / len(found)
