"""What a comparison comes to, in sentences."""

from pipeline.audit.compare.variants import LETTERS
from schemas.report.comparison import Measured

_FEW = 10


def verdicts(first: Measured | None, videos: int) -> list[str]:
    """Which variants are better than A by the first measure, and whether that may be chance. One
    video alone decides nothing: there is nothing to resample."""
    if first is None or first.better == "neither" or videos < 2:
        return []
    return [sentence for each in first.variants[1:] if (sentence := _verdict(first, each.letter))]


def _verdict(measured: Measured, letter: str) -> str | None:
    each = measured.variants[LETTERS.index(letter)]
    if each.difference is None or each.difference_interval is None or each.won is None:
        return None
    low, high = each.difference_interval.low, each.difference_interval.high
    by = f"by {measured.measure}: {each.difference:+.4f} ({low:+.4f} to {high:+.4f})"
    ahead = f"ahead on {100 * each.won:.0f} % of {measured.clips} clips"
    if low <= 0 <= high:
        return f"Between A and {letter} there is no sure difference {by}, {letter} {ahead}."
    better = (low > 0) == (measured.better == "higher")
    return f"{letter} is {'better' if better else 'worse'} than A {by}, {ahead}."


def cautions(videos: int) -> list[str]:
    """What a reader should know about the intervals."""
    if videos >= _FEW:
        return []
    of = "one video" if videos == 1 else f"{videos} videos"
    return [f"All clips that are compared are of {of}: intervals over so few say little."]
