"""Run one step on one shard, and account for every clip."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pipeline.inputs import ShardInputs
from pipeline.plan import StepPlan
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.selection import ALL, Ask, ask, clips_of
from pipeline.stage import Failure, Stage
from pipeline.standing import State, models_now, read_parts, standing
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas.manifest import FailureRecord, PartManifest
from schemas.table import Row, Table

_REMEMBERED = 8
"""Earlier contents of a part for which it says what has changed since."""


@dataclass(frozen=True)
class Due:
    """The shards that a step is to run on now that everything before it has run."""

    shards: tuple[str, ...]
    asks: Mapping[str, Ask]
    """On which of their clips."""
    unneeded: tuple[str, ...]
    """What came before gave the same rows as ever."""
    blocked: tuple[str, ...]
    """What came before failed, or has not run."""


def due(dataset: Dataset, recipe: Recipe, planned: StepPlan) -> Due:
    """Settle a step's plan. Call it when the steps before it are finished."""
    step = planned.step
    models = models_now(recipe, step)
    asks: dict[str, Ask] = {}
    blocked, unneeded = set(planned.blocked), set[str]()
    for shard in planned.todo:
        stands = standing(dataset, step, shard, models)
        if stands.state is State.BLOCKED:
            blocked.add(shard)
            continue
        across, clips = step.stage.looks_across, partial(clips_of, dataset, shard)
        wanted = ask(stands, planned.wishes[shard], across, clips)
        if wanted is None:
            unneeded.add(shard)
        elif wanted.clips == frozenset():
            blocked.add(shard)
        else:
            asks[shard] = wanted
    return Due(
        shards=tuple(sorted(asks)),
        asks=asks,
        unneeded=tuple(sorted(unneeded)),
        blocked=tuple(sorted(blocked)),
    )


@dataclass(frozen=True)
class AnnotateJob:
    """What a worker process does for one step, shard after shard."""

    root: Path
    step: Step
    stage: Stage
    asks: Mapping[str, Ask] = field(default_factory=dict)
    """For shards of which only some clips are run."""
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
            asked=self.asks.get(shard, ALL),
            coming=self.coming.get(shard),
        )


@dataclass(frozen=True)
class PartResult:
    """What came of one step on one shard."""

    clips: int
    """Those that the step was asked for, in this run or before."""
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
    asked: Ask = ALL,
    coming: str | None = None,
) -> PartResult:
    """Make one part and declare it finished.

    Args:
        step: what the recipe says; names the variant.
        stage: the step's stage with its local paths made absolute.
        asked: which clips to run, and whether to keep the rows of others.
        coming: the shard that comes next; its tar is read ahead if the stage reads media.

    Raises:
        RuntimeError: the stage left a clip unaccounted for, or gave a row twice: a bug in it.
    """
    started = time.monotonic()
    notes: list[str] = []

    def keep(text: str) -> None:
        notes.append(text)
        note(text)

    inputs = ShardInputs(dataset, step, shard, device, keep, asked.clips, coming)
    read = read_parts(dataset, step, shard) or {}
    models = stage.models()
    rows, failures = collect(stage.run(inputs), inputs.clip_ids, step.table)
    kept = _Kept(dataset, step, shard, inputs.clip_ids) if asked.keep else None
    if kept is not None:
        rows, failures = [*kept.rows, *rows], [*kept.failures, *failures]
    clips = clips_of(dataset, shard)
    manifest = dataset.write(
        step.table,
        shard,
        rows,
        step.variant,
        config=step.stage.config(),
        clips=len(clips),
        failures=sorted(failures, key=lambda failure: failure.clip_id),
        not_asked=sorted(clips - inputs.clip_ids - (kept.clips if kept else frozenset())),
        inputs={name: part.digest for name, part in read.items()},
        changed_since=kept.changed_since(rows) if kept else {},
        models=models,
        notes=notes,
        software=software(),
        seconds=round(time.monotonic() - started, 3),
    )
    return result_of(manifest)


class _Kept:
    """What stays of a part when some of its clips are run again."""

    def __init__(self, dataset: Dataset, step: Step, shard: str, run: frozenset[str]) -> None:
        """`run`: the clips that are run again."""
        before = dataset.manifest(step.table, shard, step.variant)
        self._changed = before.changed_since if before else {}
        self._digest = before.digest if before else ""
        self._run = run
        self._table = step.table
        self._rows = dataset.read(step.table, shard, step.variant)
        self.rows = [row for row in self._rows if _clip(row) not in run]
        failures = before.failures if before else []
        self.failures = [each for each in failures if each.clip_id not in run]
        self.clips = frozenset(map(_clip, self.rows)) | {each.clip_id for each in self.failures}

    def changed_since(self, rows: Sequence[Row]) -> dict[str, list[str]]:
        """For earlier contents of the part, the clips that have other rows among the new `rows`."""
        old, new = self._by_clip(self._rows), self._by_clip(rows)
        changed = {clip for clip in self._run if old.get(clip) != new.get(clip)}
        if not changed:
            return self._changed
        since = {each: sorted({*clips, *changed}) for each, clips in self._changed.items()}
        since[self._digest] = sorted(changed)
        return dict(list(since.items())[-_REMEMBERED:])

    def _by_clip(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in sorted(rows, key=self._table.key_of):
            found.setdefault(_clip(row), []).append(row)
        return found


def _clip(row: Row) -> str:
    return str(getattr(row, "clip_id"))  # noqa: B009 (rows of all steps have it)


def result_of(manifest: PartManifest) -> PartResult:
    """A finished part's outcome."""
    asked = manifest.clips - len(manifest.not_asked)
    return PartResult(asked, manifest.rows, tuple(manifest.failures))


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
    done = set(map(_clip, rows.values()))
    if both := done & failures.keys():
        raise RuntimeError(f"clips with rows and a failure in {table.name}: {sorted(both)[:3]}")
    if lost := clip_ids - done - failures.keys():
        raise RuntimeError(f"clips without rows or failure in {table.name}: {sorted(lost)[:3]}")
    if alien := (done | failures.keys()) - clip_ids:
        raise RuntimeError(f"rows for clips that are not asked for: {sorted(alien)[:3]}")
    return list(rows.values()), [failures[clip_id] for clip_id in sorted(failures)]
