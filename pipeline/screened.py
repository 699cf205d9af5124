"""What screening found, check by check: what a threshold drops, and what another would."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.store import Dataset
from schemas import MATCHES, SCREENING
from schemas.match import DROPPING
from schemas.media import Screening

_EXAMPLES = 3


@dataclass(frozen=True)
class CheckSummary:
    """One check over all screened videos, or one kind of match."""

    check: str
    videos: int
    """That it looked at; for matches, that have one."""
    dropped: int
    threshold: float
    values: tuple[float, ...]
    """Least, 5 %, median, 95 % and greatest of what it measured."""
    examples: tuple[str, ...]
    """Some that it drops."""


def summarise(dataset: Dataset) -> list[CheckSummary]:
    """Every check by name, then every kind of match that keeps videos out."""
    rows: dict[str, list[Screening]] = defaultdict(list)
    for row in dataset.read_all(SCREENING):
        rows[row.check].append(row)
    found = [_summary(check, rows[check]) for check in sorted(rows)]
    matches = [row for row in dataset.read_all(MATCHES) if row.consequence in DROPPING]
    for kind in sorted({(match.consequence, match.by) for match in matches}):
        same = [match for match in matches if (match.consequence, match.by) == kind]
        found.append(
            CheckSummary(
                check=f"{kind[0]} by {kind[1]}",
                videos=len(same),
                dropped=len(same),
                threshold=same[0].threshold,
                values=_quantiles(match.score for match in same),
                examples=tuple(match.video_id for match in same[:_EXAMPLES]),
            )
        )
    return found


def _summary(check: str, rows: list[Screening]) -> CheckSummary:
    out = [row for row in rows if not row.passed]
    return CheckSummary(
        check=check,
        videos=len(rows),
        dropped=len(out),
        threshold=rows[-1].threshold,
        values=_quantiles(row.value for row in rows),
        examples=tuple(row.video_id for row in out[:_EXAMPLES]),
    )


def _quantiles(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(each) for each in np.quantile(list(values), (0, 0.05, 0.5, 0.95, 1)))
