"""Flow: everything, from the sources to the report."""

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.annotate import annotate_steps
from flows.audit import report_task
from flows.outcome import StepOutcome
from flows.progress import note
from flows.shards import make_shards
from pipeline.acquire.governor import Governor
from pipeline.cutting import check_cut
from pipeline.errors import DiskFull
from pipeline.listing import list_videos
from pipeline.plan import Choice
from pipeline.recipe import Recipe, keep, load
from pipeline.removal.remove import finish
from pipeline.sources.listing import Listing
from pipeline.store import Dataset


@flow(name="build")
def build(recipe: str, relist: bool = True, cut: bool = True) -> list[StepOutcome]:
    """List, fetch, screen, cut, annotate and report: whatever of it is not done yet.

    Args:
        recipe: path of a recipe file or dataset folder.
        relist: ask the sources for new videos first.
        cut: go on after screening.
    """
    loaded = load(Path(recipe))
    dataset = Dataset(loaded.root)
    with dataset.lock():
        finish(dataset)
        check_cut(dataset, loaded)
        keep(loaded)
        governor = Governor(loaded.fetch, dataset.governor_state, note)
        if relist:
            list_task(loaded, governor)
        made = make_shards(dataset, loaded, governor, cut)
        if made.stopped_by and (isinstance(made.stopped_by, DiskFull) or not cut):
            raise made.stopped_by
        if not cut:
            return [made.fetch, made.screen]
        steps = annotate_steps(loaded, Choice())
        report_task(loaded)
        if made.stopped_by:
            raise made.stopped_by
        return [*made.steps, *steps]


@task(task_run_name="list", cache_policy=NO_CACHE)
def list_task(recipe: Recipe, governor: Governor) -> Listing:
    """Ask every source what there is."""
    return list_videos(Dataset(recipe.root), recipe, governor, note)
