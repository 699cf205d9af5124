"""Gather what an audit looks at from a dataset on disk."""

import json
from collections.abc import Iterator

from pipeline.audit.data import AuditData, StepData
from pipeline.media.shard import read_shard
from pipeline.recipe import Recipe
from pipeline.stage import Sample
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas import CLIPS, MATCHES, MEDIA, SCREENING, VIDEOS


def load_audit(dataset: Dataset, recipe: Recipe) -> AuditData:
    """Every row that the recipe's dataset has, and a way to its media."""
    manifests = (dataset.manifest(CLIPS, shard) for shard in dataset.shards())

    def samples(shard: str) -> Iterator[Sample]:
        path = dataset.tar(shard)
        return read_shard(path) if path.exists() else iter(())

    return AuditData(
        dataset=dataset.root.name,
        content_digest=dataset.content_digest(recipe.tables()),
        videos=list(dataset.read_all(VIDEOS)),
        media=list(dataset.read_all(MEDIA)),
        screening=list(dataset.read_all(SCREENING)),
        matches=list(dataset.read_all(MATCHES)),
        clips=list(dataset.read_all(CLIPS)),
        cut_failures=[failure for part in manifests if part for failure in part.failures],
        steps=[_step(dataset, step) for step in recipe.steps],
        samples=samples,
    )


def is_current(dataset: Dataset, recipe: Recipe) -> bool:
    """Whether the dataset's report is of what the dataset holds now."""
    try:
        report = json.loads((dataset.report_folder / "report.json").read_bytes())
    except (OSError, ValueError):
        return False
    digest = report.get("content_digest") if isinstance(report, dict) else None
    return bool(digest == dataset.content_digest(recipe.tables()))


def _step(dataset: Dataset, step: Step) -> StepData:
    parts = [
        manifest
        for shard in dataset.shards()
        if (manifest := dataset.manifest(step.table, shard, step.variant))
    ]
    return StepData(
        name=step.name,
        variant=step.variant,
        table=step.table.name,
        rows=list(dataset.read_all(step.table, step.variant)),
        failures=[failure for part in parts for failure in part.failures],
        models={option: record for part in parts for option, record in part.models.items()},
    )
