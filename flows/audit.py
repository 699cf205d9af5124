"""Flow: the quality report."""

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from pipeline.audit import write_report
from pipeline.audit.load import load_audit
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas.report import Report


@flow(name="audit")
def audit(recipe: str) -> Report:
    """Write the report of a dataset.

    Args:
        recipe: path of a recipe file or dataset folder.
    """
    return report_task(load(Path(recipe)))


@task(task_run_name="report", cache_policy=NO_CACHE)
def report_task(recipe: Recipe) -> Report:
    """Gather the rows and write the page."""
    dataset = Dataset(recipe.root)
    return write_report(load_audit(dataset, recipe), dataset.report_folder)
