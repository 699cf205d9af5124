"""What a reader should know first, in plain sentences."""

from collections import defaultdict
from collections.abc import Mapping

from schemas.prompt import CLIP_CONTEXT
from schemas.report import (
    ClipScores,
    Counts,
    Drop,
    MediaFacts,
    PromptSummary,
    Report,
    ScoreSummary,
    StepSummary,
)
from schemas.score import SCORES

_MANY = 0.5
"""A larger share of losses is worth a remark."""
_MANY_TRUNCATED = 0.05
_MANY_ALIKE = 0.1
_WON = 0.6
"""Of own and shuffled pairs: 0.5 is chance."""
_ENOUGH = 10
"""Videos that a source has at least if its interval is to say anything."""


def remarks(report: Report) -> list[str]:
    """Sentences about what is missing, went wrong or makes the data worth little; none for a
    dataset in good order. The report's own remarks are not looked at."""
    total = report.counts.total
    return [
        *_about_videos(total, report.drops),
        *(sentence for step in report.steps if total.clips for sentence in _about_step(step)),
        *_about_media(report.media),
        *_about_scores(report.scores),
        *_about_floors(report.scores),
        *_about_sources(report.clipscores[1:], report.counts.by_source),
        *(sentence for prompts in report.prompts for sentence in _about_prompts(prompts)),
    ]


def _about_videos(counts: Counts, drops: list[Drop]) -> list[str]:
    if not counts.listed:
        return ["No video is listed: nothing can be said about this dataset yet."]
    said = []
    if counts.waiting:
        said.append(
            f"Still to be fetched, screened or cut: {counts.waiting} of "
            f"{_number(counts.listed, 'video')}. Run the build again to go on."
        )
    losses = f"Dropped: {counts.dropped} of {_number(counts.listed, 'listed video')}"
    if not counts.clips:
        said.append(f"There are no clips. {losses}{_commonest(drops)}.")
    elif counts.dropped > _MANY * counts.listed:
        said.append(f"{losses}{_commonest(drops)}.")
    return said


def _commonest(drops: list[Drop]) -> str:
    lost = [drop for drop in drops if drop.videos]
    if not lost:
        return ""
    worst = max(lost, key=lambda drop: drop.videos)
    return f", most often at `{worst.stage}`: {worst.reason} ({worst.videos})"


def _about_step(step: StepSummary) -> list[str]:
    if step.state == "not_run":
        return [f"Step `{step.name}` has not run on any clip."]
    reason = next(iter(step.failures), "")
    if step.state == "failed":
        return [f"Step `{step.name}` failed on every clip that it tried, most often: {reason}."]
    said = []
    if step.waiting:
        said.append(f"Step `{step.name}` has not run on {_number(step.waiting, 'clip')} yet.")
    if step.failed > _MANY * step.clips:
        said.append(
            f"Step `{step.name}` failed on {step.failed} of {step.clips} clips, most often: "
            f"{reason}."
        )
    elif step.failed and step.table == SCORES.name:
        said.append(
            f"Without scores of step `{step.name}`: {step.failed} of {step.clips} clips, most "
            f"often: {reason}. No figure of scores tells about them."
        )
    return said


def _about_media(media: MediaFacts) -> list[str]:
    if not media.unreadable:
        return []
    clips = _number(media.unreadable, "clip")
    return [f"The media of {clips} cannot be read: `framesong verify` says where."]


def _about_scores(scores: list[ScoreSummary]) -> list[str]:
    return [
        f"Step `{score.step}` gave {_number(score.not_finite, 'value')} of {score.metric} for "
        f"{score.subject} that are no numbers; they are left out of the figures."
        for score in scores
        if score.not_finite
    ]


def _about_floors(scores: list[ScoreSummary]) -> list[str]:
    """Texts that fit any clip as well as their own say nothing about it."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for score in scores:
        if score.floor and (score.floor.won < _WON or score.floor.gap_interval.low <= 0):
            groups[score.metric, score.step].append(
                f"{score.subject} (wins {_percent(score.floor.won)} of the pairs, mean gap between "
                f"{score.floor.gap_interval.low:.4f} and {score.floor.gap_interval.high:.4f})"
            )
    return [
        f"By {metric} of step `{step}`, these fit their own clips hardly better than clips of "
        f"other videos: {', '.join(said)}."
        for (metric, step), said in groups.items()
    ]


def _about_sources(sources: list[ClipScores], counts: Mapping[str, Counts]) -> list[str]:
    """A source whose interval lies wholly below those of all others. Only those with videos enough
    have a say: the intervals of few are narrow by chance, and of one have no width."""
    means = {
        row.name: row.clipscore
        for row in sources
        if row.clipscore
        and counts[row.name].with_clips >= _ENOUGH
        and row.clipscore.interval.low < row.clipscore.interval.high
    }
    if len(means) < 2:
        return []
    worst = min(means, key=lambda name: means[name].interval.high)
    mean = means.pop(worst)
    next_low = min(other.interval.low for other in means.values())
    if mean.interval.high >= next_low:
        return []
    return [
        f"Prompts of source `{worst}` fit their frames worse than those of all others that have "
        f"{_ENOUGH} videos: their CLIPScore is {mean.value:.4f} ({mean.interval.low:.4f} to "
        f"{mean.interval.high:.4f}), the others' intervals begin at {next_low:.4f}."
    ]


def _about_prompts(prompts: PromptSummary) -> list[str]:
    said = []
    if (prompts.truncated_share or 0) > _MANY_TRUNCATED:
        said.append(
            f"{_percent(prompts.truncated_share or 0)} of the prompts of step `{prompts.step}` "
            f"have more than {CLIP_CONTEXT} CLIP tokens: CLIP reads no further."
        )
    if prompts.variety and prompts.variety.near > _MANY_ALIKE * prompts.prompts:
        said.append(
            f"{_percent(prompts.variety.near / prompts.prompts)} of the prompts of step "
            f"`{prompts.step}` are nearly the same as another one."
        )
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
