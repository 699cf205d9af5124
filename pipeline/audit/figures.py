"""The figures of scores and prompts."""

import math
from collections import defaultdict

from pipeline.audit.data import AuditData, StepData
from pipeline.audit.distributions import bin_edges, distribution
from pipeline.audit.outcomes import count_reasons
from schemas.prompt import Prompt
from schemas.report import Distribution, PromptSummary, ScoreSummary
from schemas.score import Score

CLIP_CONTEXT = 77
"""Tokens that CLIP reads, start and end included (Radford et al. 2021)."""

CLIPSCORE_WEIGHT = 2.5
"""Hessel et al. 2021, section 3."""


def summarise_scores(data: AuditData) -> list[ScoreSummary]:
    """One summary per step, metric and subject, prompts first. The histograms of one metric share
    their bins, so that they compare by eye."""
    return [summary for step in data.steps for summary in _scores_of(step)]


def _scores_of(step: StepData) -> list[ScoreSummary]:
    metrics: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for row in step.rows:
        if isinstance(row, Score):
            metrics[row.metric][row.subject].append(row)
    summaries = []
    for metric, subjects in sorted(metrics.items()):
        finite = {
            subject: [row.value for row in rows if math.isfinite(row.value)]
            for subject, rows in subjects.items()
        }
        together = [value for values in finite.values() for value in values]
        edges = bin_edges(together) if together else []
        for subject in sorted(subjects, key=lambda name: (name != "prompt", name)):
            rows, values = subjects[subject], finite[subject]
            summaries.append(
                ScoreSummary(
                    step=step.name,
                    metric=metric,
                    subject=subject,
                    values=distribution(values, edges) if values else None,
                    not_finite=len(rows) - len(values),
                    truncated=sum(row.truncated for row in rows),
                    clipscore=_clipscore(values) if metric == "clip_cosine" else None,
                )
            )
    return summaries


def _clipscore(cosines: list[float]) -> float | None:
    if not cosines:
        return None
    return math.fsum(CLIPSCORE_WEIGHT * max(cosine, 0.0) for cosine in cosines) / len(cosines)


def summarise_prompts(data: AuditData) -> list[PromptSummary]:
    """One summary per step that writes prompts, also where it wrote none."""
    summaries = []
    for step in data.steps:
        if step.table != "prompts":
            continue
        prompts = [row for row in step.rows if isinstance(row, Prompt)]
        tokens = [row.clip_tokens for row in prompts if row.clip_tokens is not None]
        truncated = sum(count > CLIP_CONTEXT for count in tokens)
        rules = [rule for row in prompts for rule in sorted(set(row.violations))]
        summaries.append(
            PromptSummary(
                step=step.name,
                prompts=len(prompts),
                words=_lengths([row.words for row in prompts]),
                clip_tokens=_lengths(tokens),
                truncated=truncated,
                truncated_share=truncated / len(tokens) if tokens else None,
                asked_again=sum(row.attempts > 1 for row in prompts),
                violating=sum(bool(row.violations) for row in prompts),
                violations=count_reasons(rules),
            )
        )
    return summaries


def _lengths(lengths: list[int]) -> Distribution | None:
    return distribution(lengths, bin_edges(lengths)) if lengths else None
