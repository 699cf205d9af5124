"""Flow: everything, from the sources to the report."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.annotate import annotate_steps
from flows.audit import report_task
from flows.outcome import StepOutcome
from flows.progress import Progress
from flows.work import run_shards, shard_task
from pipeline.build import (
    CutJob,
    CutResult,
    accepted,
    check_cut,
    fetch_shard,
    fetched,
    list_videos,
)
from pipeline.engines.local import LocalEngine, cores
from pipeline.errors import SessionBlocked
from pipeline.plan import Choice
from pipeline.recipe import Recipe, keep, load
from pipeline.sources.listing import Listing
from pipeline.store import Dataset
from schemas import SCREENING, VIDEOS
from schemas.media import Media


@flow(name="build")
def build(recipe: str, relist: bool = True) -> list[StepOutcome]:
    """List, fetch, screen, cut, annotate and report: whatever of it is not done yet.

    Args:
        recipe: path of a recipe file or dataset folder.
        relist: ask the sources for new videos first.
    """
    loaded = load(Path(recipe))
    dataset = Dataset(loaded.root)
    with dataset.lock():
        check_cut(dataset, loaded)
        keep(loaded)
        if relist:
            list_task(loaded)
        shards, blocked = make_shards(dataset, loaded)
        steps = annotate_steps(loaded, Choice())
        report_task(loaded)
        if blocked:
            raise blocked
        return [*shards, *steps]


@task(task_run_name="list", cache_policy=NO_CACHE)
def list_task(recipe: Recipe) -> Listing:
    """Ask every source what there is."""
    with Progress("list", len(recipe.sources), "sources") as progress:
        return list_videos(Dataset(recipe.root), recipe, progress.note)


def make_shards(
    dataset: Dataset, recipe: Recipe
) -> tuple[list[StepOutcome], SessionBlocked | None]:
    """Fetch shard by shard, in order, and cut each as soon as it is fetched. Call it in a flow.

    Returns:
        What came of fetching and cutting, and the block that ended the fetching, if one did.
    """
    pending = dataset.uncut()
    fetch = StepOutcome("fetch", "videos", "not got")
    screen = StepOutcome("screen", "videos", "dropped")
    cut = StepOutcome("cut", "videos", "lost clips")
    for outcome in (fetch, screen, cut):
        outcome.untouched = len(dataset.shards()) - len(pending)
    if not pending:
        return [fetch, screen, cut], None
    blocks: list[SessionBlocked] = []

    def fetched_shards() -> Iterator[str]:
        for shard in pending:
            try:
                _fetch(dataset, recipe, shard, fetch)
            except SessionBlocked as block:
                blocks.append(block)
                return
            _count_screened(dataset, shard, screen)
            yield shard

    def count(result: CutResult) -> None:
        cut.asked += result.videos
        cut.given += result.videos_with_clips
        cut.failures.update(failure.reason for failure in result.failures)

    workers = min(len(pending), recipe.run.cutters or cores())
    with Progress("cut", len(pending)) as progress:
        engine = LocalEngine(CutJob(recipe), ["cpu"] * workers, threads=1)
        run_shards(cut, fetched_shards(), engine, progress, count, recipe.run.retries)
    return [fetch, screen, cut], blocks[0] if blocks else None


def _fetch(dataset: Dataset, recipe: Recipe, shard: str, outcome: StepOutcome) -> None:
    if fetched(dataset, shard):
        outcome.untouched += 1
        return
    count = len(dataset.read(VIDEOS, shard))
    with Progress(f"fetch {shard}", count, "videos") as progress:

        def on_done(media: Media) -> None:
            outcome.asked += 1
            if media.status == "ok":
                outcome.given += 1
            else:
                outcome.excused += media.status in ("permanent", "policy")
                outcome.failures[str(media.reason)] += 1
                progress.note(f"{media.video_id}: {media.status}: {media.detail}")
            progress.advance()

        shard_task("fetch", shard, lambda name: fetch_shard(dataset, recipe, name, on_done))
    outcome.made.append(shard)


def _count_screened(dataset: Dataset, shard: str, outcome: StepOutcome) -> None:
    verdicts = dataset.read(SCREENING, shard)
    asked = len({row.video_id for row in verdicts})
    kept = len(accepted(dataset, shard))
    dropped = Counter(row.check for row in verdicts if not row.passed)
    outcome.made.append(shard)
    outcome.asked += asked
    outcome.given += kept
    outcome.excused += asked - kept
    outcome.failures += dropped
