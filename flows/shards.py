"""From listed videos to cut shards: fetch ahead; screen, match and cut what is there."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from flows.ahead import Ahead
from flows.fetching import Fetching
from flows.outcome import StepOutcome
from flows.progress import Progress
from flows.work import attempt, run_shards, shard_task
from pipeline.acquire.governor import Governor
from pipeline.choose import Matcher, ScreenJob, in_turn, is_matched, is_screened
from pipeline.cutting import CutJob, CutResult
from pipeline.engines import WorkerBug
from pipeline.engines.local import LocalEngine, cores, devices
from pipeline.errors import FramesongError
from pipeline.failures import kept_out
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import MEDIA


@dataclass
class Made:
    """What came of making shards."""

    fetch: StepOutcome = field(default_factory=lambda: StepOutcome("fetch", "videos", "not got"))
    screen: StepOutcome = field(default_factory=lambda: StepOutcome("screen", "videos", "dropped"))
    cut: StepOutcome = field(default_factory=lambda: StepOutcome("cut", "videos", "lost clips"))
    stopped_by: FramesongError | None = None
    """What ended the fetching early: a site's block, or the disk."""

    @property
    def steps(self) -> list[StepOutcome]:
        """In the order of the pipeline."""
        return [self.fetch, self.screen, self.cut]


def make_shards(dataset: Dataset, recipe: Recipe, governor: Governor, cut: bool = True) -> Made:
    """Fetch shard by shard; meanwhile screen and match those that are there, in the same order, and
    cut them. Call it in a flow.

    Args:
        cut: go on after screening.
    """
    pending = in_turn(dataset)
    made = Made()
    for outcome in made.steps:
        outcome.untouched = len(dataset.shards()) - len(pending)
    if not pending:
        return made

    def in_work(shard: str) -> bool:
        lost = shard in made.screen.errors or shard in made.cut.errors
        return cut and not lost and shard not in made.cut.made

    ahead = Ahead(pending, Fetching(dataset, recipe, governor, made.fetch, in_work))
    with closing(_chosen(dataset, recipe, pending, ahead, made.screen)) as chosen:
        if cut:
            _cut(recipe, chosen, len(pending), made.cut)
        else:
            for _ in chosen:
                pass
    if isinstance(ahead.error, FramesongError):
        made.stopped_by = ahead.error
    return made


def _chosen(
    dataset: Dataset,
    recipe: Recipe,
    pending: list[str],
    fetched: Iterable[str],
    outcome: StepOutcome,
) -> Generator[str, None, None]:
    """The fetched ones of the pending shards, each when it is known which of its videos are to be
    cut."""
    models = recipe.screen.uses_models
    device = devices(recipe.run.devices)[0] if models else "cpu"
    matcher = Matcher(dataset, recipe, pending)
    told: set[str] = set()

    def note(shard: str, text: str) -> None:
        if text not in told:  # what one shard lacks, such as a tool, the next one lacks too
            told.add(text)
            progress.note(text)

    with (
        Progress("screen", len(pending)) as progress,
        LocalEngine(ScreenJob(recipe, cores()), [device], threads=cores(), note=note) as engine,
    ):

        def choose(shard: str) -> None:
            if not is_screened(dataset, recipe, shard):
                attempt(engine, shard, recipe.run.retries, note)
            matcher.match(shard)

        for shard in fetched:
            was_chosen = is_matched(dataset, recipe, shard)
            try:
                shard_task("screen", shard, choose)
            except (FramesongError, WorkerBug) as error:
                outcome.errors[shard] = str(error)
                progress.note(f"screen/{shard}: {error}")
                continue
            finally:
                progress.advance()
            if was_chosen:
                outcome.untouched += 1
            else:
                _count(dataset, shard, outcome)
            yield shard


def _count(dataset: Dataset, shard: str, outcome: StepOutcome) -> None:
    known = {row.video_id for row in dataset.read(MEDIA, shard) if row.status in ("ok", "dropped")}
    out = {each: said for each, said in kept_out(dataset, shard).items() if each in known}
    outcome.made.append(shard)
    outcome.asked += len(known)
    outcome.given += len(known) - len(out)
    outcome.excused += len(out)
    outcome.failures += Counter(reason for reason, _ in out.values())


def _cut(recipe: Recipe, shards: Iterator[str], count: int, outcome: StepOutcome) -> None:
    def add(result: CutResult) -> None:
        outcome.asked += result.videos
        outcome.given += result.videos_with_clips
        outcome.failures.update(failure.reason for failure in result.failures)

    workers = min(count, recipe.run.cutters or cores())
    with Progress("cut", count) as progress:
        engine = LocalEngine(CutJob(recipe), ["cpu"] * workers, threads=1)
        run_shards(outcome, shards, engine, progress, add, recipe.run.retries)
