"""A report in a few lines of text."""

from schemas.report import ClipScores, Mean, PromptSummary, Report


def figures(report: Report) -> list[str]:
    """How much there is, and how good it is."""
    total = report.counts.total
    lines = [
        f"{total.clips:,} clips of {total.with_clips:,} videos and {total.songs:,} songs, "
        f"{total.hours:.2f} hours; {total.dropped:,} of {total.listed:,} listed videos dropped"
    ]
    lines += [_clipscores(row) for row in report.clipscores if row.clipscore]
    lines += [_prompts(row) for row in report.prompts if row.prompts]
    return lines


def _clipscores(row: ClipScores) -> str:
    parts = [f"clipscore {_mean(row.clipscore)}"]
    if row.b_clipscore:
        parts.append(f"of the answers {_mean(row.b_clipscore)}")
    if row.shuffled:
        parts.append(f"of shuffled pairs {_mean(row.shuffled)}")
    return f"{row.name}: {', '.join(parts)}"


def _mean(mean: Mean | None) -> str:
    if mean is None:
        return "none"
    return f"{mean.value:.4f} ({mean.interval.low:.4f} to {mean.interval.high:.4f})"


def _prompts(row: PromptSummary) -> str:
    parts = [f"{_percent(row.violating / row.prompts)} break a rule"]
    if row.truncated_share is not None:
        parts.append(f"{_percent(row.truncated_share)} cut off at 77 tokens")
    if row.variety:
        parts.append(f"{_percent(row.variety.near / row.prompts)} near-duplicates")
    return f"{row.step}: {row.prompts:,} prompts, {', '.join(parts)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
