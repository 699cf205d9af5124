"""Export a dataset: choose its clips, write them in one format, and describe what was written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.columns import clip_columns
from pipeline.errors import DatasetError
from pipeline.export.choose import Chosen, choose
from pipeline.export.clip_media import MediaReader
from pipeline.export.croissant import record_sets
from pipeline.export.describe import describe
from pipeline.export.facts import dataset_facts
from pipeline.export.folder import check_replaceable
from pipeline.export.known import known_exports, remember
from pipeline.export.parquet import write_parquet
from pipeline.export.request import ExportRequest, file_name
from pipeline.export.webdataset import write_webdataset
from pipeline.folders import recover, replacing
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas.export import ExportFile, ExportManifest

_WRITERS = {"webdataset": write_webdataset, "parquet": write_parquet}
_OWN = ("shards", "tables", "media", "report", "comparisons", "cache", ".prefect")
"""A dataset's folders. What others put there is not safe: a new report replaces all of the old."""


def export(
    dataset: Dataset, recipe: Recipe, request: ExportRequest, on_clip: Callable[[int], None]
) -> ExportManifest:
    """Write an export and take its place in one go; until then the folder is as it was. Equal
    datasets and requests give equal bytes.

    Args:
        on_clip: told how many more clips are written.

    Raises:
        RecipeError: the condition is none.
        DatasetError: nothing is left to export, a clip is not as it was cut, or the folder is the
            dataset's own, or holds something else than an export.
    """
    name = request.name or file_name(recipe.card.name or dataset.root.name)
    request = replace(request, out=request.out.resolve(), name=name)
    known_exports(dataset)  # before hours of work
    _check_place(dataset, request.out)
    recover(request.out)
    check_replaceable(request.out)
    chosen = choose(clip_columns(dataset, recipe), request)
    remember(dataset, request.out, request.format)  # before it is there: removals must find it
    with replacing(request.out) as folder:
        files = _write(dataset, recipe, request, chosen, folder, on_clip)
        manifest = ExportManifest(
            format=request.format,
            name=request.name,
            where=request.where,
            splits=list(request.splits),
            seed=request.seed,
            clips=len(chosen.clips),
            left_out=chosen.left_out,
            content_digest=dataset.content_digest(recipe.tables()),
            files=files,
            software=software(),
        )
        nodes = record_sets(manifest, _columns(folder, manifest, chosen.clips.schema))
        describe(folder, manifest, dataset_facts(dataset, recipe), chosen.clips, nodes)
    return manifest


def _check_place(dataset: Dataset, out: Path) -> None:
    root = dataset.root.resolve()
    if out.is_relative_to(root) and out.relative_to(root).parts[:1] in {(name,) for name in _OWN}:
        raise DatasetError(
            f"{out} lies among the dataset's own files, where an export would be deleted or "
            "mistaken for one of them: name a folder elsewhere."
        )


def _write(
    dataset: Dataset,
    recipe: Recipe,
    request: ExportRequest,
    chosen: Chosen,
    folder: Path,
    on_clip: Callable[[int], None],
) -> list[ExportFile]:
    if request.format == "metadata":
        from pipeline.export.metadata import write_metadata

        return write_metadata(chosen.clips, dataset, recipe, folder)
    media = MediaReader(dataset, chosen.clips["clip_id"].to_pylist())
    return _WRITERS[request.format](chosen, media, request, folder, on_clip)


def _columns(folder: Path, manifest: ExportManifest, clips: pa.Schema) -> Mapping[str, pa.Schema]:
    if manifest.format != "metadata":
        return {"clips": clips}
    tables = [file.file for file in manifest.files if file.file.endswith(".parquet")]
    return {Path(name).stem: pq.read_schema(folder / name) for name in tables}
