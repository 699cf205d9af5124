"""Flow: the quality report."""

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import store_summary
from flows.reporting import make_report
from pipeline.audit.gates import failed_gates, parse_gate
from pipeline.errors import BelowGate
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas.report import Report


@flow(name="audit")
def audit(
    recipe: str, fail_under: list[str] | None = None, fail_over: list[str] | None = None
) -> Report:
    """Write the report of a dataset, and hold it to its gates.

    Args:
        recipe: path of a recipe file or dataset folder.
        fail_under: `NAME=VALUE` of measures that must not be less.
        fail_over: of measures that must not be more.

    Raises:
        BelowGate: the report is written, but a measure is out of bounds.
    """
    under = [parse_gate(text) for text in fail_under or ()]
    over = [parse_gate(text) for text in fail_over or ()]
    report = report_task(load(Path(recipe)))
    if failed := failed_gates(report, under, over):
        raise BelowGate("; ".join(failed))
    return report


@task(task_run_name="report", cache_policy=NO_CACHE)
def report_task(recipe: Recipe) -> Report:
    """Gather the rows and write the page; its summary goes to the run's artifacts."""
    dataset = Dataset(recipe.root)
    report = make_report(dataset, recipe)
    store_summary(report)
    return report
