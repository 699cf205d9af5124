"""What a reader should know first, in plain sentences."""

from schemas.report import Counts, Drop, ScoreSummary, StepSummary

_MANY = 0.5
"""A larger share of losses is worth a remark."""


def remarks(
    counts: Counts, drops: list[Drop], steps: list[StepSummary], scores: list[ScoreSummary]
) -> list[str]:
    """Sentences about what is missing or went wrong; none for a dataset in good order."""
    return [
        *_about_videos(counts, drops),
        *(sentence for step in steps if counts.clips for sentence in _about_step(step)),
        *_about_scores(scores),
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
    return said


def _about_scores(scores: list[ScoreSummary]) -> list[str]:
    return [
        f"Step `{score.step}` gave {_number(score.not_finite, 'value')} of {score.metric} for "
        f"{score.subject} that are no numbers; they are left out of the figures."
        for score in scores
        if score.not_finite
    ]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
