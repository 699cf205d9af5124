"""Write a dataset's report, and show how far it is."""

from flows.progress import Progress
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas.report import Report


def make_report(dataset: Dataset, recipe: Recipe) -> Report:
    """Gather the rows and write the page. Call it with the dataset locked."""
    from pipeline.audit.load import load_audit
    from pipeline.audit.write import write_report  # draws charts: half a second to import

    shards = sum(dataset.shard_manifest(shard) is not None for shard in dataset.shards())
    with Progress("audit", shards) as progress:
        return write_report(load_audit(dataset, recipe), dataset.report_folder, progress.advance)
