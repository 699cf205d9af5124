"""A report as one flat list of numbers: the vocabulary of gates."""

from collections.abc import Iterator

from pipeline.audit.scores import CLIPSCORE_METRIC, CLIPSCORE_WEIGHT
from pipeline.stages.prompts.rules import CHECKS
from schemas.report import ClipScores, Counts, PromptSummary, Report, ScoreSummary, StepSummary

RULES = ("empty", *CHECKS, "too_long", "too_many_tokens", "name")
"""What a prompt can break: `pipeline.stages.prompts.rules.violations`."""
METRICS = (CLIPSCORE_METRIC, "siglip_cosine", "clap_cosine")

SIZES = ("clips", "hours", "videos", "songs")
SHARES = (
    "dropped",
    "failed",
    "clipscore",
    "b_clipscore",
    "shuffled_clipscore",
    "won",
    "truncated",
    "violating",
    *(f"violation:{rule}" for rule in RULES),
    "asked_again",
    "repeated",
    "near_duplicates",
    "distinct_1",
    "distinct_2",
    "self_bleu",
)
"""Between 0 and 1."""
NAMES = (*SIZES, *SHARES, "clipscore_hessel", *METRICS, "gap", "words", "clip_tokens")
"""What every report may have. Besides: `METRIC:SUBJECT` for other texts than prompts, and
`STEP:NAME` for further steps that measure the same."""


def measures(report: Report) -> dict[str, float]:
    """Every number that a gate can be set on, by name; what a report has no value for is absent.

    Sizes are of the whole dataset: `clips`, `hours`, `videos` and `songs` (that have clips).
    Shares are between 0 and 1: `dropped` is of the listed videos, `failed` of the clips that the
    worst step has no rows for. `clipscore` and `b_clipscore` are those of the whole dataset, as in
    `Report.clipscores`; `clip_cosine` and its like are means over prompts, `gap` and `won` those of
    prompts over shuffled pairs, and all others are of prompts.
    """
    found = dict(_sizes(report.counts.total)) | _failed(report.steps)
    if report.clipscores:
        found |= _clipscores(report.clipscores[0])
    for step, name, value in (*_scores(report.scores), *_prompts(report.prompts)):
        found[f"{step}:{name}" if name in found else name] = value
    return found | ({} if "truncated" in found else _cut_by_clip(report.scores))


def _sizes(total: Counts) -> Iterator[tuple[str, float]]:
    yield from (("clips", total.clips), ("hours", total.hours))
    yield from (("videos", total.with_clips), ("songs", total.songs))
    if total.listed:
        yield "dropped", total.dropped / total.listed


def _failed(steps: list[StepSummary]) -> dict[str, float]:
    shares = [(step.clips - step.done) / step.clips for step in steps if step.clips]
    return {"failed": max(shares)} if shares else {}


def _clipscores(whole: ClipScores) -> Iterator[tuple[str, float]]:
    if whole.clipscore:
        yield "clipscore", whole.clipscore.value
        yield "clipscore_hessel", CLIPSCORE_WEIGHT * whole.clipscore.value
    if whole.b_clipscore:
        yield "b_clipscore", whole.b_clipscore.value
    if whole.shuffled:
        yield "shuffled_clipscore", whole.shuffled.value


def _scores(scores: list[ScoreSummary]) -> Iterator[tuple[str, str, float]]:
    """With the step that measured it."""
    for score in scores:
        if score.values is None:
            continue
        if score.subject != "prompt":
            yield score.step, f"{score.metric}:{score.subject}", score.values.mean
            continue
        yield score.step, score.metric, score.values.mean
        if score.floor:
            yield score.step, "gap", score.floor.gap
            yield score.step, "won", score.floor.won


def _cut_by_clip(scores: list[ScoreSummary]) -> dict[str, float]:
    """Where no step counted tokens, scoring tells what CLIP did not read."""
    for score in scores:
        if (score.metric, score.subject) == (CLIPSCORE_METRIC, "prompt") and score.values:
            return {"truncated": score.truncated / (score.values.count + score.not_finite)}
    return {}


def _prompts(prompts: list[PromptSummary]) -> Iterator[tuple[str, str, float]]:
    for each in prompts:
        for name, value in _prompt(each):
            yield each.step, name, value


def _prompt(each: PromptSummary) -> Iterator[tuple[str, float]]:
    if not each.prompts:
        return
    if each.truncated_share is not None:
        yield "truncated", each.truncated_share
    yield "violating", each.violating / each.prompts
    for rule in dict.fromkeys((*RULES, *each.violations)):
        yield f"violation:{rule}", each.violations.get(rule, 0) / each.prompts
    yield "asked_again", each.asked_again / each.prompts
    if each.words:
        yield "words", each.words.mean
    if each.clip_tokens:
        yield "clip_tokens", each.clip_tokens.mean
    if each.variety:
        yield "repeated", each.variety.repeated / each.prompts
        yield "near_duplicates", each.variety.near / each.prompts
        yield "distinct_1", each.variety.distinct_1
        yield "distinct_2", each.variety.distinct_2
        if each.variety.self_bleu is not None:
            yield "self_bleu", each.variety.self_bleu
