"""Run one step on one shard, and account for every clip."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.inputs import ShardInputs
from pipeline.plan import State, StepPlan, models_now, state, todays_inputs
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.stage import Failure, Stage
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas.manifest import FailureRecord, PartManifest
from schemas.table import Row, Table


@dataclass(frozen=True)
class Due:
    """The shards that a step is to run on now that everything before it has run."""

    shards: tuple[str, ...]
    retry: frozenset[str]
    """Those of them where only failed clips are tried again."""
    unneeded: tuple[str, ...]
    """What came before gave the same rows as ever."""
    blocked: tuple[str, ...]
    """What came before failed, or has not run."""


def due(dataset: Dataset, recipe: Recipe, planned: StepPlan) -> Due:
    """Settle a step's plan. Call it when the steps before it are finished."""
    models = models_now(recipe, planned.step)
    now = {shard: state(dataset, planned.step, shard, models) for shard in planned.todo}
    ready = {shard for shard in now if now[shard] in (State.MISSING, State.STALE)}
    forced = {shard for shard in planned.forced if now[shard] is State.DONE}
    retry = {shard for shard in planned.retry if now[shard] is State.DONE}
    run = ready | forced | retry
    blocked = {shard for shard in now if now[shard] is State.BLOCKED}
    return Due(
        shards=tuple(sorted(run)),
        retry=frozenset(retry),
        unneeded=tuple(sorted(now.keys() - run - blocked)),
        blocked=tuple(sorted(blocked | set(planned.blocked))),
    )


@dataclass(frozen=True)
class AnnotateJob:
    """What a worker process does for one step, shard after shard."""

    root: Path
    step: Step
    stage: Stage
    retry: frozenset[str] = frozenset()
    coming: Mapping[str, str] = field(default_factory=dict)
    """For a shard: the one that a worker will take up when it is done."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.step.name

    def __call__(self, shard: str, device: str, note: Callable[[str], None]) -> "PartResult":
        """Make the step's part for one shard."""
        return run_part(
            Dataset(self.root),
            self.step,
            self.stage,
            shard,
            device=device,
            note=note,
            retry=shard in self.retry,
            coming=self.coming.get(shard),
        )


@dataclass(frozen=True)
class PartResult:
    """What came of one step on one shard."""

    clips: int
    rows: int
    failures: tuple[FailureRecord, ...]


def run_part(
    dataset: Dataset,
    step: Step,
    stage: Stage,
    shard: str,
    *,
    device: str = "cpu",
    note: Callable[[str], None] = lambda text: None,
    retry: bool = False,
    coming: str | None = None,
) -> PartResult:
    """Make one part and declare it finished.

    Args:
        step: what the recipe says; names the variant.
        stage: the step's stage with its local paths made absolute.
        retry: keep the rows there are, and try only the clips that failed.
        coming: the shard that comes next; its tar is read ahead if the stage reads media.

    Raises:
        RuntimeError: the stage left a clip unaccounted for, or gave a row twice: a bug in it.
    """
    started = time.monotonic()
    notes: list[str] = []

    def keep(text: str) -> None:
        notes.append(text)
        note(text)

    before = dataset.manifest(step.table, shard, step.variant) if retry else None
    only = frozenset(failure.clip_id for failure in before.failures) if before else None
    inputs = ShardInputs(dataset, step, shard, device, keep, only, coming)
    digests = todays_inputs(dataset, step, shard) or {}
    models = stage.models()
    rows, failures = collect(stage.run(inputs), inputs.clip_ids, step.table)
    kept = dataset.read(step.table, shard, step.variant) if before else []
    manifest = dataset.write(
        step.table,
        shard,
        [*kept, *rows],
        step.variant,
        config=step.stage.config(),
        clips=before.clips if before else len(inputs.clip_ids),
        failures=failures,
        inputs=digests,
        models=models,
        notes=notes,
        software=software(),
        seconds=round(time.monotonic() - started, 3),
    )
    return result_of(manifest)


def result_of(manifest: PartManifest) -> PartResult:
    """A finished part's outcome."""
    return PartResult(manifest.clips, manifest.rows, tuple(manifest.failures))


def collect(
    outcomes: Iterable[Row | Failure], clip_ids: frozenset[str], table: Table[Row]
) -> tuple[list[Row], list[FailureRecord]]:
    """Sort a stage's outcomes into rows and failures, and hold it to its contract."""
    rows: dict[tuple[object, ...], Row] = {}
    failures: dict[str, FailureRecord] = {}
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            failures[outcome.clip_id] = FailureRecord(
                clip_id=outcome.clip_id, reason=outcome.reason, detail=outcome.detail[:500]
            )
            continue
        key = table.key_of(outcome)
        if key in rows:
            raise RuntimeError(f"two rows of {table.name} have the key {key}")
        rows[key] = outcome
    done = {str(getattr(row, "clip_id")) for row in rows.values()}  # noqa: B009
    if both := done & failures.keys():
        raise RuntimeError(f"clips with rows and a failure in {table.name}: {sorted(both)[:3]}")
    if lost := clip_ids - done - failures.keys():
        raise RuntimeError(f"clips without rows or failure in {table.name}: {sorted(lost)[:3]}")
    if alien := (done | failures.keys()) - clip_ids:
        raise RuntimeError(f"rows for clips that are not asked for: {sorted(alien)[:3]}")
    return list(rows.values()), [failures[clip_id] for clip_id in sorted(failures)]
