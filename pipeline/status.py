"""How a dataset stands: counts from manifests, without opening a tar."""

from collections import Counter

from pydantic import BaseModel, ConfigDict

from pipeline.failures import losses
from pipeline.plan import Choice, StepPlan, plan
from pipeline.prune import unused
from pipeline.recipe import Recipe
from pipeline.removal.tombstones import read_removals
from pipeline.store import Dataset
from schemas import CLIPS, MEDIA, VIDEOS


class StepStatus(BaseModel):
    """One annotation step over all committed shards."""

    model_config = ConfigDict(frozen=True)

    step: str
    table: str
    variant: str
    done: int
    missing: int
    stale: int
    waiting: int
    """Done, but a step before it has to run first."""
    blocked: int
    not_asked: int = 0
    """Clips of `missing` shards whose other clips are done, because only those were chosen."""
    rows: int
    failed_clips: int


class Status(BaseModel):
    """A whole dataset."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    videos: int
    fetched: int
    """Videos with usable media."""
    shards: int
    uncut_shards: int
    clips: int
    losses: dict[str, int]
    """Videos and clips that are not in the dataset, by `where/reason`."""
    steps: list[StepStatus]
    removed: int = 0
    """Videos and clips that were taken out for good."""
    unfinished_removal: list[str] = []
    """Videos and clips that an interrupted removal may have left in places."""
    unused_variants: list[str]
    """On disk, but no longer named by the recipe."""

    @property
    def todo(self) -> int:
        """How many (step, shard) pairs a run would work on."""
        steps = (step.missing + step.stale + step.waiting for step in self.steps)
        return self.uncut_shards + sum(steps)


def status(dataset: Dataset, recipe: Recipe) -> Status:
    """Read the state of everything from the manifests."""
    shards = dataset.shards()
    media = [row for row in dataset.read_all(MEDIA) if row.status == "ok"]
    removals = read_removals(dataset)
    lost = Counter(f"{loss.where}/{loss.reason}" for loss in losses(dataset, recipe))
    clips = (dataset.manifest(CLIPS, shard) for shard in shards if dataset.shard_manifest(shard))
    return Status(
        dataset=str(dataset.root),
        videos=len({row.video_id for row in dataset.read_all(VIDEOS)}),
        fetched=len({row.video_id for row in media}),
        shards=len(shards),
        uncut_shards=len(dataset.uncut()),
        clips=sum(manifest.rows for manifest in clips if manifest),
        losses=dict(lost.most_common()),
        steps=[_step(dataset, planned) for planned in plan(dataset, recipe, Choice())],
        removed=len(removals.removed),
        unfinished_removal=removals.pending.ids if removals.pending else [],
        unused_variants=[f"{each.table.name}/{each.variant}" for each in unused(dataset, recipe)],
    )


def _step(dataset: Dataset, planned: StepPlan) -> StepStatus:
    step = planned.step
    parts = [dataset.manifest(step.table, shard, step.variant) for shard in dataset.shards()]
    return StepStatus(
        step=step.name,
        table=step.table.name,
        variant=step.variant,
        done=len(planned.done),
        missing=len(planned.missing),
        stale=len(planned.stale),
        waiting=len(planned.waiting),
        blocked=len(planned.blocked),
        not_asked=sum(len(part.not_asked) for part in parts if part),
        rows=sum(part.rows for part in parts if part),
        failed_clips=sum(len(part.failures) for part in parts if part),
    )
