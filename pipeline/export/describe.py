"""The files that describe an export: card, Croissant metadata, and last of all its manifest."""

from pathlib import Path

import pyarrow as pa

from pipeline.export.card import card
from pipeline.export.croissant import Node, croissant
from pipeline.export.facts import DatasetFacts, clip_facts
from pipeline.export.folder import CARD, CROISSANT, FACTS, MANIFEST, as_json
from pipeline.folders import write_file
from schemas.export import ExportManifest


def describe(
    folder: Path,
    manifest: ExportManifest,
    dataset: DatasetFacts,
    clips: pa.Table,
    record_sets: list[Node],
) -> None:
    """Write what describes the data files of an export.

    Args:
        clips: columns of the clips that it holds.
        record_sets: see `pipeline.export.croissant`.
    """
    text = card(manifest, dataset, clip_facts(clips))
    write_file(folder / CARD, text.encode())
    write_file(folder / CROISSANT, as_json(croissant(manifest, dataset, record_sets)))
    write_file(folder / FACTS, as_json(dataset.model_dump(mode="json")))
    write_file(folder / MANIFEST, as_json(manifest.model_dump(mode="json")))
