"""Gather what an audit looks at from a dataset on disk."""

import json
from pathlib import Path

from pipeline.audit.data import AuditData, StepData
from pipeline.audit.settings import Auditing
from pipeline.collector import no_collector
from pipeline.recipe import Recipe
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas import CLIPS, MATCHES, MEDIA, SCREENING, VIDEOS


@no_collector()
def load_audit(dataset: Dataset, recipe: Recipe) -> AuditData:
    """Every row that the recipe's dataset has, and a way to its media."""
    shards = dataset.shards()
    manifests = (dataset.manifest(CLIPS, shard) for shard in shards)
    known = frozenset(shards)

    def tar(shard: str) -> Path | None:
        path = dataset.tar(shard)
        return path if shard in known and path.is_file() else None

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
        tar=tar,
        tars={shard: made.sha256 for shard in shards if (made := dataset.shard_manifest(shard))},
        settings=absolute(recipe),
        stated=recipe.audit,
    )


def is_current(dataset: Dataset, recipe: Recipe) -> bool:
    """Whether the dataset's report is of what the dataset holds now, and made as the recipe says
    now."""
    try:
        report = json.loads((dataset.report_folder / "report.json").read_bytes())
    except (OSError, ValueError):
        return False
    if not isinstance(report, dict) or report.get("settings") != recipe.audit.model_dump():
        return False
    return bool(report.get("content_digest") == dataset.content_digest(recipe.tables()))


def absolute(recipe: Recipe) -> Auditing:
    """The recipe's settings; what names a local file or folder, from wherever this runs."""
    settings = recipe.audit
    found = {
        option: str((recipe.base / value).resolve())
        for option in ("bert_score_model", "diffusiondb")
        if (value := getattr(settings, option)) and (recipe.base / value).exists()
    }
    return settings.model_copy(update=found)


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
