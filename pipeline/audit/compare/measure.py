"""Measures of variants, paired clip by clip."""

import math
from collections.abc import Mapping, Sequence

from pipeline.audit.bootstrap import interval_of_mean
from pipeline.audit.compare.variants import LETTERS
from pipeline.audit.groups import grouped
from pipeline.audit.scores import win_rate
from schemas.report.comparison import Measured, MeasuredVariant

_LOWER = ("violations", "truncated", "attempts")
_NEITHER = ("words", "clip_tokens")
_SIGNS = {"higher": 1, "lower": -1}


def better_of(measure: str) -> str:
    """Which values of a measure are better: `higher`, `lower` or `neither`."""
    if measure in _LOWER:
        return "lower"
    return "neither" if measure in _NEITHER else "higher"


def measured(
    measure: str,
    better: str,
    by_variant: Sequence[Mapping[str, float]],
    videos: Mapping[str, str],
) -> Measured | None:
    """One measure of all variants, on the clips that all have it for; None where there are none.

    Args:
        better: `higher`, `lower` or `neither`.
        by_variant: values by clip.
        videos: of each clip that is compared.
    """
    common = sorted(set(videos).intersection(*by_variant))
    if not common:
        return None
    first = by_variant[0]

    def variant(letter: str, values: Mapping[str, float]) -> MeasuredVariant:
        own = [(clip, float(values[clip])) for clip in common]
        gaps = [(clip, values[clip] - first[clip]) for clip in common]
        sign = _SIGNS.get(better)
        is_first = values is first
        return MeasuredVariant(
            letter=letter,
            mean=_mean(own),
            interval=interval_of_mean(grouped(own, videos), measure),
            difference=None if is_first else _mean(gaps),
            difference_interval=(
                None if is_first else interval_of_mean(grouped(gaps, videos), f"{measure} gap")
            ),
            won=None if is_first or not sign else win_rate(sign * gap for _, gap in gaps),
        )

    return Measured(
        measure=measure,
        better=better,
        clips=len(common),
        variants=[variant(*each) for each in zip(LETTERS, by_variant, strict=False)],
    )


def _mean(values: Sequence[tuple[str, float]]) -> float:
    return math.fsum(value for _, value in values) / len(values)
