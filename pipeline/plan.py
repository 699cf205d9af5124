"""What is done, what is stale, and what a run would do: all of it read from manifests."""

from dataclasses import dataclass, field, replace
from functools import partial

from pipeline.recipe import Recipe
from pipeline.selection import EVERYTHING, Choice, Selected, Wish, ask, clips_of, matching, select
from pipeline.standing import State, models_now, standing
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas import CLIPS

__all__ = ["Choice", "State", "StepPlan", "matching", "plan"]


@dataclass
class StepPlan:
    """One step's shards, by what a run would do with them."""

    step: Step
    done: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Not made, or made for some clips only."""
    stale: list[str] = field(default_factory=list)
    retry: list[str] = field(default_factory=list)
    """Done, but with failed clips that are to be tried again."""
    forced: list[str] = field(default_factory=list)
    """Done, but to be run again, or for the chosen clips."""
    waiting: list[str] = field(default_factory=list)
    """Done, but a step before it runs: it runs too if that gives other rows."""
    blocked: list[str] = field(default_factory=list)
    """It needs a part that neither exists nor is made by this run."""
    wishes: dict[str, Wish] = field(default_factory=dict)
    """What is asked for of each shard that is not blocked."""
    clips: dict[str, int] = field(default_factory=dict)
    """For each of those, but for `waiting` ones: on how many clips it would run."""

    @property
    def todo(self) -> list[str]:
        """The shards that a run would work on."""
        return sorted({*self.missing, *self.stale, *self.retry, *self.forced, *self.waiting})


def plan(dataset: Dataset, recipe: Recipe, choice: Choice = EVERYTHING) -> list[StepPlan]:
    """What a run would do, step by step, without doing it.

    Raises:
        RecipeError: `only` names an unknown step.
        DatasetError: `shards` matches none, or `clips` names one that is not there.
    """
    chosen = {recipe.step(name).name for name in choice.only}
    steps = [step for step in recipe.steps if not chosen or step.name in chosen]
    selected = select(dataset, choice)
    plans: dict[str, StepPlan] = {}
    for step in steps:
        upstream = [plans[other.name] for other in step.upstream.values() if other.name in plans]
        coming = {shard for before in upstream for shard in before.todo}
        plans[step.name] = _plan_step(dataset, recipe, step, choice, selected, coming)
    return list(plans.values())


def _plan_step(
    dataset: Dataset,
    recipe: Recipe,
    step: Step,
    choice: Choice,
    selected: Selected,
    coming: set[str],
) -> StepPlan:
    """`coming`: the shards that a step before this one would work on."""
    models = models_now(recipe, step)
    result = StepPlan(step)
    for shard in selected.shards:
        stands, wish = standing(dataset, step, shard, models), selected.wish(choice, shard)
        if shard in coming:  # by then it may not be blocked, and no clip will be withheld
            state = State.MISSING if stands.state is State.BLOCKED else stands.state
            stands = replace(stands, state=state, withheld=frozenset())
        if stands.state is State.BLOCKED:
            result.blocked.append(shard)
            continue
        wanted = ask(stands, wish, step.stage.looks_across, partial(clips_of, dataset, shard))
        if wanted is not None and wanted.clips == frozenset():
            result.blocked.append(shard)
        elif wanted is not None:
            _kind(result, stands.state, wish).append(shard)
            result.clips[shard] = (
                _count(dataset, shard) if wanted.clips is None else len(wanted.clips)
            )
        else:
            (result.waiting if shard in coming else result.done).append(shard)
        result.wishes[shard] = wish
    return result


def _kind(result: StepPlan, state: State, wish: Wish) -> list[str]:
    if state in (State.MISSING, State.PARTIAL):
        return result.missing
    if state is State.STALE:
        return result.stale
    return result.forced if wish.force or not wish.retry_failed else result.retry


def _count(dataset: Dataset, shard: str) -> int:
    manifest = dataset.manifest(CLIPS, shard)
    return manifest.rows if manifest else 0
