"""Compare variants: paired measures, and the clips on which they differ most."""

from collections.abc import Mapping, Sequence

from pipeline.audit.compare.differing import differing
from pipeline.audit.compare.measure import better_of, measured
from pipeline.audit.compare.options import changed, options_of
from pipeline.audit.compare.scorers import in_order
from pipeline.audit.compare.sides import Side, Sides, load_sides
from pipeline.audit.compare.variants import choose
from pipeline.audit.compare.verdict import cautions, verdicts
from pipeline.errors import DatasetError
from pipeline.recipe import Recipe
from pipeline.store import Dataset, now
from schemas import CLIPS, SCORES
from schemas.report.comparison import ComparedVariant, Comparison, Measured

_OF_TEXTS = ("violations", "truncated", "attempts", "words", "clip_tokens")
"""In the order in which they are looked at."""


def compare(dataset: Dataset, recipe: Recipe, names: Sequence[str]) -> Comparison:
    """Hold variants of one table against each other, clip by clip; the first is what the others
    are held against. They need not be in today's recipe.

    Args:
        names: as `pipeline.audit.compare.variants.choose` takes them.

    Raises:
        DatasetError: a name is unknown or unclear, or the variants have no clip in common.
    """
    variants = choose(dataset, recipe, names)
    clips = {clip.clip_id: clip for clip in dataset.read_all(CLIPS)}
    sides = load_sides(dataset, variants)
    common = set(clips).intersection(*(side.clips for side in sides.variants))
    if not common:
        raise DatasetError(
            f"{' and '.join(map(str, variants))} have no clip in common: annotate both first."
        )
    videos = {clip: clips[clip].video_id for clip in common}
    scores = _measures(sides, [side.scores for side in sides.variants], videos)
    by_text = _measures(sides, [side.said.values for side in sides.variants], videos)
    first = scores[0].measure if scores else None
    options = changed([options_of(dataset, variant) for variant in variants])
    return Comparison(
        dataset=dataset.root.name,
        created_at=now(),
        table=variants[0].table.name,
        variants=[
            ComparedVariant(
                letter=side.letter,
                variant=side.variant.name,
                clips=len(side.clips & clips.keys()),
                changed=differs,
            )
            for side, differs in zip(sides.variants, options, strict=True)
        ],
        common=len(common),
        measures=[*scores, *by_text],
        clips=differing(dataset, sides, {clip: clips[clip] for clip in common}, first),
        remarks=[
            *verdicts(scores[0] if scores else None, len(set(videos.values()))),
            *sides.remarks,
            *_lacking(sides, set(clips)),
            *_alike(sides.variants, common),
            *_nothing_changed(options),
            *cautions(len(set(videos.values()))),
        ],
    )


def _measures(
    sides: Sides, by_side: Sequence[Mapping[str, Mapping[str, float]]], videos: Mapping[str, str]
) -> list[Measured]:
    first, *others = by_side
    shared = [name for name in first if all(name in other for other in others)]
    texts = [name for name in _OF_TEXTS if name in shared]
    found = []
    for name in texts or in_order(shared):
        better = better_of(name) if sides.comparable else "neither"
        found.append(measured(name, better, [values[name] for values in by_side], videos))
    return [each for each in found if each]


def _lacking(sides: Sides, clips: set[str]) -> list[str]:
    """How many clips each variant has no rows for, that another one has."""
    anywhere = {clip for side in sides.variants for clip in side.clips & clips}
    return [
        f"{side.letter} has no rows for {lacking} of the {len(anywhere)} clips that another one "
        "has; only common clips are compared."
        for side in sides.variants
        if (lacking := len(anywhere - side.clips))
    ]


def _alike(sides: Sequence[Side], common: set[str]) -> list[str]:
    """How often a variant of texts says the very same as the first."""
    first, *others = (side.said.texts for side in sides)
    if sides[0].variant.table == SCORES:
        return []
    same = [sum(texts.get(clip) == first.get(clip) for clip in common) for texts in others]
    return [
        f"{side.letter} says the very same as A about {count} of {len(common)} clips."
        for side, count in zip(sides[1:], same, strict=True)
        if count
    ]


def _nothing_changed(options: Sequence[Mapping[str, object]]) -> list[str]:
    if options[0]:
        return []
    return [
        "No option that is still on record differs: the variants were made by other versions of a "
        "stage, or from variants that are no longer on disk."
    ]
