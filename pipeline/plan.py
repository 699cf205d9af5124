"""What is done, what is stale, and what a run would do: all of it read from manifests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch

from pipeline.errors import DatasetError, MissingCheckpoint
from pipeline.recipe import Recipe
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas.manifest import ModelRecord, PartManifest


class State(StrEnum):
    """How one step stands on one shard."""

    DONE = "done"
    MISSING = "missing"
    STALE = "stale"
    """Made from other inputs, or with other weights, than those of today."""
    BLOCKED = "blocked"
    """Something that it reads is not there."""


@dataclass(frozen=True)
class Choice:
    """What the user asked to run."""

    only: tuple[str, ...] = ()
    shards: str = "*"
    force: bool = False
    retry_failed: bool = False


@dataclass
class StepPlan:
    """One step's shards, by what a run would do with them."""

    step: Step
    done: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    retry: list[str] = field(default_factory=list)
    """Done, but with failed clips that are to be tried again."""
    forced: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Done, but a step before it runs: it runs too if that gives other rows."""
    blocked: list[str] = field(default_factory=list)
    """It needs a part that neither exists nor is made by this run."""

    @property
    def todo(self) -> list[str]:
        """The shards that a run would work on."""
        return sorted({*self.missing, *self.stale, *self.retry, *self.forced, *self.waiting})


def todays_inputs(dataset: Dataset, step: Step, shard: str) -> dict[str, str] | None:
    """The content digest of each part that a step reads; None where one is not there."""
    digests = {}
    for table, variant in step.inputs():
        manifest = dataset.manifest(table, shard, variant)
        if manifest is None:
            return None
        digests[f"{table.name}/{variant}" if variant else table.name] = manifest.digest
    return digests


def models_now(recipe: Recipe, step: Step) -> dict[str, ModelRecord] | None:
    """The checkpoints that a step would use; None where they are not on this machine."""
    try:
        return recipe.runnable(step.stage).models()
    except MissingCheckpoint:
        return None


def state(dataset: Dataset, step: Step, shard: str, models: dict[str, ModelRecord] | None) -> State:
    """How a step stands on a shard. Without `models`, changed weights are not noticed."""
    inputs = todays_inputs(dataset, step, shard)
    manifest = dataset.manifest(step.table, shard, step.variant)
    if inputs is None:
        return State.BLOCKED
    if manifest is None:
        return State.MISSING
    if manifest.inputs != inputs or _other_weights(manifest, models):
        return State.STALE
    return State.DONE


def _other_weights(manifest: PartManifest, models: dict[str, ModelRecord] | None) -> bool:
    if models is None:
        return False
    return any(
        option in models and models[option].digest != record.digest
        for option, record in manifest.models.items()
    )


def plan(dataset: Dataset, recipe: Recipe, choice: Choice = Choice()) -> list[StepPlan]:
    """What a run would do, step by step, without doing it.

    Raises:
        RecipeError: `only` names an unknown step.
        DatasetError: `shards` matches none.
    """
    chosen = {recipe.step(name).name for name in choice.only}
    steps = [step for step in recipe.steps if not chosen or step.name in chosen]
    shards = matching(dataset, choice.shards)
    plans: dict[str, StepPlan] = {}
    for step in steps:
        plans[step.name] = _plan_step(dataset, recipe, step, shards, choice, plans)
    return list(plans.values())


def matching(dataset: Dataset, pattern: str) -> list[str]:
    """The committed shards whose names match a glob pattern.

    Raises:
        DatasetError: there are shards, but none matches.
    """
    shards = [shard for shard in dataset.shards() if dataset.shard_manifest(shard)]
    found = [shard for shard in shards if fnmatch(shard, pattern)]
    if shards and not found:
        raise DatasetError(
            f"No shard matches `{pattern}`. There are {len(shards)}, "
            f"from {shards[0]} to {shards[-1]}."
        )
    return found


def _plan_step(
    dataset: Dataset,
    recipe: Recipe,
    step: Step,
    shards: Sequence[str],
    choice: Choice,
    before: dict[str, StepPlan],
) -> StepPlan:
    models = models_now(recipe, step)
    upstream = [before[other.name] for other in step.upstream.values() if other.name in before]
    result = StepPlan(step)
    for shard in shards:
        current = state(dataset, step, shard, models)
        coming = any(shard in earlier.todo for earlier in upstream)
        manifest = dataset.manifest(step.table, shard, step.variant)
        if current is State.BLOCKED:
            (result.missing if coming else result.blocked).append(shard)
        elif current is State.MISSING:
            result.missing.append(shard)
        elif current is State.STALE:
            result.stale.append(shard)
        elif choice.force:
            result.forced.append(shard)
        elif choice.retry_failed and manifest and manifest.failures:
            result.retry.append(shard)
        elif coming:
            result.waiting.append(shard)
        else:
            result.done.append(shard)
    return result
