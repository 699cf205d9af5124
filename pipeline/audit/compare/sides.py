"""Everything that is known about the variants, clip by clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.audit.compare.scorers import (
    Scores,
    readings,
    scored_rows,
    scorer_of,
    scores_of,
    take,
)
from pipeline.audit.compare.texts import Said, Values, said
from pipeline.audit.compare.variants import LETTERS, Variant, manifests
from pipeline.store import Dataset
from schemas import SCORES


@dataclass
class Side:
    """One variant."""

    letter: str
    variant: Variant
    said: Said
    clips: set[str]
    """That it has rows for."""
    scores: Values = field(default_factory=dict)
    """By measure, then by clip."""


@dataclass
class Sides:
    """All variants."""

    variants: list[Side]
    comparable: bool = True
    """Whether all scores were given by one and the same scorer."""
    remarks: list[str] = field(default_factory=list)


def load_sides(dataset: Dataset, variants: Sequence[Variant]) -> Sides:
    """Read all rows, and the scores that were made of them."""
    loaded = []
    for letter, variant in zip(LETTERS, variants, strict=False):
        found = said(dataset, variant)
        loaded.append(Side(letter, variant, found, set(found.texts)))
    sides = Sides(loaded)
    if variants[0].table == SCORES:
        _take_scores(dataset, sides)
    else:
        _find_scores(dataset, sides)
    return sides


def _take_scores(dataset: Dataset, sides: Sides) -> None:
    """Of variants that are scores themselves."""
    scorers = set()
    for side in sides.variants:
        found = Scores()
        take(found, scored_rows(dataset, side.variant))
        side.scores = found.values
        side.clips = {clip for values in found.values.values() for clip in values}
        parts = manifests(dataset, side.variant).values()
        scorers |= {scorer_of(side.variant, part) for part in parts}
    if len(scorers) > 1:
        sides.comparable = False
        sides.remarks.append(
            "These scores were not given by one and the same model in one configuration: their "
            "values need not be on one scale, and none is called better."
        )


def _find_scores(dataset: Dataset, sides: Sides) -> None:
    """Of variants that are texts: by each scorer that has scored all of them."""
    found = [readings(dataset, side.variant) for side in sides.variants]
    common = [scorer for scorer in found[0] if all(scorer in other for other in found)]
    if not common:
        scored = [side.letter for side, each in zip(sides.variants, found, strict=True) if each]
        sides.remarks.append(
            "No scorer has scored all of these variants"
            + (f" (only {', '.join(scored)})" if scored else "")
            + ": they are compared by their words alone. Give each a scoring step with the same "
            "model, and annotate."
        )
    for scorer in common:
        taken = set(sides.variants[0].scores)
        for side, each in zip(sides.variants, found, strict=True):
            scores = scores_of(dataset, side.variant, each[scorer])
            for name, values in scores.values.items():
                side.scores[f"{name} ({scorer.model})" if name in taken else name] = values
            for clip, truncated in scores.truncated.items():
                side.said.values["truncated"].setdefault(clip, truncated)
            if scores.outdated:
                sides.remarks.append(
                    f"Scores of {side.letter} for {scores.outdated} clip(s) are of older texts, "
                    "and left out: annotate, and compare again."
                )
