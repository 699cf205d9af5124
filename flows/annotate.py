"""Flow: run the annotation steps of a recipe on the shards that need them."""

from dataclasses import replace
from pathlib import Path

from prefect import flow

from flows.outcome import StepOutcome
from flows.progress import Progress
from flows.ready import ready_stage
from flows.serving import served
from flows.work import run_shards
from pipeline.engines.local import LocalEngine, cores, devices
from pipeline.plan import Choice, StepPlan, plan
from pipeline.recipe import Recipe, keep, load
from pipeline.removal.lists import read_ids
from pipeline.removal.remove import finish
from pipeline.run import AnnotateJob, PartResult, due
from pipeline.store import Dataset
from schemas import CLIPS


@flow(name="annotate")
def annotate(
    recipe: str, choice: Choice | None = None, clips: str | None = None
) -> list[StepOutcome]:
    """Run what is missing or stale.

    Args:
        recipe: path of a recipe file or dataset folder.
        choice: which steps and shards; by default whatever needs it.
        clips: path of a list of clips, where only some are chosen. Prefect takes parameters of up
            to 512 KiB, which 10,000 ids may exceed.
    """
    loaded = load(Path(recipe))
    choice = choice or Choice()
    if clips:
        choice = replace(choice, clips=frozenset(read_ids(Path(clips))))
    dataset = Dataset(loaded.root)
    with dataset.lock():
        finish(dataset)
        keep(loaded)
        return annotate_steps(loaded, choice)


def annotate_steps(recipe: Recipe, choice: Choice) -> list[StepOutcome]:
    """Run the steps one after the other, each over its shards. Call it within a flow."""
    plans = plan(Dataset(recipe.root), recipe, choice)
    return [_run_step(recipe, planned) for planned in plans]


def _run_step(recipe: Recipe, planned: StepPlan) -> StepOutcome:
    work = due(Dataset(recipe.root), recipe, planned)
    step = planned.step
    outcome = StepOutcome(step.name, blocked=list(work.blocked))
    outcome.untouched = len(planned.done) + len(work.unneeded)
    if not work.shards:
        return outcome

    def count(result: PartResult) -> None:
        outcome.asked += result.clips
        outcome.given += result.clips - len(result.failures)
        outcome.failures.update(failure.reason for failure in result.failures)

    workers = devices(recipe.run.devices, cpu_workers=max(1, cores() // 2))[: len(work.shards)]
    with Progress(step.name, len(work.shards)) as progress:

        def note(shard: str, text: str) -> None:
            progress.note(f"{step.name}/{shard}: {text}")

        with served(recipe, step.name, ready_stage(recipe, step), progress.note) as stage:
            coming = dict(zip(work.shards, work.shards[len(workers) :], strict=False))
            job = AnnotateJob(recipe.root, step, stage, work.asks, coming)
            engine = LocalEngine(job, workers, note=note)
            run_shards(outcome, work.shards, engine, progress, count, recipe.run.retries)
    outcome.asked += sum(_clips(recipe, shard) for shard in outcome.errors)
    return outcome


def _clips(recipe: Recipe, shard: str) -> int:
    manifest = Dataset(recipe.root).manifest(CLIPS, shard)
    return manifest.rows if manifest else 0
