"""How one step stands on one shard, read from manifests."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import MissingCheckpoint
from pipeline.recipe import Recipe
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas.manifest import ModelRecord, PartManifest


class State(StrEnum):
    """How one step stands on one shard."""

    DONE = "done"
    MISSING = "missing"
    PARTIAL = "partial"
    """Made for some of the clips, because only those were chosen."""
    STALE = "stale"
    """Made from other inputs, or with other weights, than those of today."""
    BLOCKED = "blocked"
    """Something that it reads is not there."""


@dataclass(frozen=True)
class Standing:
    """A step's part of one shard, held against what it is made of today."""

    state: State
    part: PartManifest | None = None
    changed: frozenset[str] | None = frozenset()
    """Clips with rows that were made from other inputs; None where that may be all of them."""
    withheld: frozenset[str] = frozenset()
    """Clips that a step before it has not run on, so that this one cannot."""


def standing(
    dataset: Dataset, step: Step, shard: str, models: dict[str, ModelRecord] | None
) -> Standing:
    """How a step stands on a shard. Without `models`, changed weights are not noticed."""
    read = read_parts(dataset, step, shard)
    if read is None:
        return Standing(State.BLOCKED)
    withheld = frozenset(clip for manifest in read.values() for clip in manifest.not_asked)
    part = dataset.manifest(step.table, shard, step.variant)
    if part is None:
        return Standing(State.MISSING, withheld=withheld)
    changed = None if _other_weights(part, models) else _changed(part, read)
    if changed is None or changed:
        whole = changed is None or step.stage.looks_across
        return Standing(State.STALE, part, None if whole else changed, withheld)
    return Standing(State.PARTIAL if part.not_asked else State.DONE, part, changed, withheld)


def read_parts(dataset: Dataset, step: Step, shard: str) -> dict[str, PartManifest] | None:
    """The manifest of each part that a step reads, by `<table>` or `<table>/<variant>`; None where
    one is not there."""
    found = {}
    for table, variant in step.inputs():
        manifest = dataset.manifest(table, shard, variant)
        if manifest is None:
            return None
        found[f"{table.name}/{variant}" if variant else table.name] = manifest
    return found


def models_now(recipe: Recipe, step: Step) -> dict[str, ModelRecord] | None:
    """The checkpoints that a step would use; None where they are not on this machine."""
    try:
        return recipe.runnable(step.stage).models()
    except MissingCheckpoint:
        return None


def _changed(part: PartManifest, read: dict[str, PartManifest]) -> frozenset[str] | None:
    """The part's clips whose inputs have other rows than then; None where nobody knows which."""
    if part.inputs.keys() != read.keys():
        return None
    changed: set[str] = set()
    for name, now in read.items():
        then = part.inputs[name]
        if then == now.digest:
            continue
        if then not in now.changed_since:
            return None
        changed.update(now.changed_since[then])
    return frozenset(changed.difference(part.not_asked))


def _other_weights(part: PartManifest, models: dict[str, ModelRecord] | None) -> bool:
    if models is None:
        return False
    return any(
        option in models and models[option].digest != record.digest
        for option, record in part.models.items()
    )
