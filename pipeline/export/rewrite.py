"""Take clips out of an export that was handed over already."""

import json
import os
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from pipeline.errors import DatasetError
from pipeline.export.describe import describe
from pipeline.export.facts import DatasetFacts
from pipeline.export.folder import (
    CARD,
    CROISSANT,
    FACTS,
    MANIFEST,
    SIZES,
    index_name,
    read_manifest,
)
from pipeline.export.parquet import MEDIA, declared, media_writer
from pipeline.export.webdataset import write_indexes, write_tar
from pipeline.folders import recover, replacing
from schemas.export import ExportFile, ExportManifest

REMOVED = "removed"
_GROUP = 10_000
"""Rows of a group of metadata, as `pipeline.export.metadata` has them."""
_LEAST = ("clip_id", "video_id", "split", "start_s", "end_s")
"""Columns that clips have at least."""


def take_out(folder: Path, ids: set[str]) -> list[str]:
    """Take clips out of an export of any format, and all clips of videos.

    Files that hold none of them stay as they are. The folder is the old one until the new one is
    complete; to take out again what is gone changes nothing.

    Args:
        ids: of clips and of videos.

    Returns:
        The data files that were rewritten or, having nothing left, deleted: what trainers must read
        again, besides the indexes.

    Raises:
        DatasetError: the folder holds no export, or a damaged one.
    """
    folder = folder.resolve()
    recover(folder)
    manifest = read_manifest(folder)
    found = {file.file: _records(folder / file.file) for file in manifest.files}
    tables = {name: rows for name, rows in found.items() if rows is not None}
    ids = {*ids, *_clips(tables, lambda rows: _is_gone(rows, ids))["clip_id"].to_pylist()}
    gone = {name: _is_gone(rows, ids) for name, rows in tables.items()}
    changed = sorted(name for name, mask in gone.items() if pc.any(mask).as_py())
    if not changed:
        return []
    facts, record_sets = _facts(folder), _record_sets(folder)
    kept = _clips(tables, lambda rows: pc.invert(_is_gone(rows, ids)))
    with replacing(folder) as partial:
        _link(folder, partial, {*changed, *_describing(manifest)})
        files = []
        for file in manifest.files:
            if file.file not in changed:
                files.append(file)
            elif manifest.format == "metadata" or not pc.all(gone[file.file]).as_py():
                files.append(_WRITERS[manifest.format](folder, partial, file, ids))
        if manifest.format == "metadata":
            files = [_recounted(file, tables, kept) for file in files]
        left_out = Counter(manifest.left_out)
        left_out[REMOVED] += manifest.clips - len(kept)
        update = {"files": files, "clips": len(kept), "left_out": dict(+left_out)}
        manifest = manifest.model_copy(update=update)
        if manifest.format == "webdataset":
            write_indexes(partial, manifest.name, manifest.splits, files)
        describe(partial, manifest, facts, kept, record_sets)
    return changed


def _is_gone(rows: pa.Table, ids: set[str]) -> pa.ChunkedArray:
    wanted = pa.array(sorted(ids), pa.string())
    masks = [
        pc.is_in(rows[name], wanted)
        for name in ("clip_id", "video_id")
        if name in rows.column_names
    ]
    return masks[0] if len(masks) == 1 else pc.or_(*masks)


def _clips(tables: dict[str, pa.Table], chosen: Callable[[pa.Table], pa.ChunkedArray]) -> pa.Table:
    """The chosen rows of the tables whose rows are clips. A column that is null in one file has
    another file's type."""
    clips = [rows for rows in tables.values() if {"clip_id", "video_id"} <= {*rows.column_names}]
    if not clips:
        return pa.table({name: pa.array([], pa.string()) for name in _LEAST})
    return pa.concat_tables(
        [rows.filter(chosen(rows)) for rows in clips], promote_options="permissive"
    )


def _recounted(file: ExportFile, tables: dict[str, pa.Table], kept: pa.Table) -> ExportFile:
    """How many clips a file of metadata tells of: those in it, or all, if it is of others."""
    clips, rows = kept["clip_id"], tables.get(file.file)
    if rows is not None and "clip_id" in rows.column_names:
        clips = pc.unique(rows["clip_id"].filter(pc.is_in(rows["clip_id"], clips)))
    return file.model_copy(update={"clips": len(clips)})


def _records(path: Path) -> pa.Table | None:
    """A data file's rows without media; None for a file that has none."""
    try:
        if path.suffix == ".tar":
            return pa.Table.from_pylist([json.loads(data) for _, data in _members(path, "*.json")])
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            names = [name for name in file.schema_arrow.names if name not in MEDIA]
            return file.read(names) if {"clip_id", "video_id"} & set(names) else None
    except (OSError, ValueError, tarfile.TarError) as error:
        raise DatasetError(
            f"{path} cannot be read ({type(error).__name__}): the export is damaged. Delete "
            f"{path.parent} and export again."
        ) from error
    return None


def _members(path: Path, pattern: str = "*") -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r:") as tar:
        for info in tar:
            content = tar.extractfile(info) if fnmatch(info.name, pattern) else None
            if content is not None:
                yield info.name, content.read()


def _tar(folder: Path, partial: Path, file: ExportFile, ids: set[str]) -> ExportFile:
    def kept() -> Iterator[tuple[str, bytes]]:
        for name, data in _members(folder / file.file):
            if name.partition(".")[0] not in ids:
                yield name, data

    if file.split is None:
        raise DatasetError(f"{file.file} belongs to no split: export again.")
    return write_tar(partial / file.file, file.split, kept())


def _media(folder: Path, partial: Path, file: ExportFile, ids: set[str]) -> ExportFile:
    old, clips = pq.ParquetFile(folder / file.file), 0
    (partial / file.file).parent.mkdir(exist_ok=True)
    with media_writer(partial / file.file, old.schema_arrow) as writer:
        for group in range(old.num_row_groups):
            rows = old.read_row_group(group)
            kept = rows.filter(pc.invert(_is_gone(rows, ids)))
            clips += len(kept)
            if len(kept):
                writer.write_table(kept)
    return declared(partial, file.file, file.split, clips)


def _rows(folder: Path, partial: Path, file: ExportFile, ids: set[str]) -> ExportFile:
    rows = pq.ParquetFile(folder / file.file).read()
    kept = rows.filter(pc.invert(_is_gone(rows, ids)))
    pq.write_table(kept, partial / file.file, compression="zstd", row_group_size=_GROUP)
    return declared(partial, file.file, file.split, len(kept))


_Writer = Callable[[Path, Path, ExportFile, set[str]], ExportFile]
_WRITERS: dict[str, _Writer] = {"webdataset": _tar, "parquet": _media, "metadata": _rows}


def _describing(manifest: ExportManifest) -> set[str]:
    """What is written anew whenever a data file changes."""
    indexes = {index_name(manifest.name, split) for split in manifest.splits}
    return {CARD, CROISSANT, FACTS, MANIFEST, SIZES, *indexes}


def _facts(folder: Path) -> DatasetFacts:
    try:
        return DatasetFacts.model_validate_json((folder / FACTS).read_bytes())
    except (OSError, ValidationError):
        raise DatasetError(f"{folder / FACTS} is missing or damaged: export again.") from None


def _record_sets(folder: Path) -> list[dict[str, object]]:
    try:
        return list(json.loads((folder / CROISSANT).read_bytes())["recordSet"])
    except (OSError, ValueError, KeyError):
        raise DatasetError(f"{folder / CROISSANT} is missing or damaged: export again.") from None


def _link(folder: Path, partial: Path, without: set[str]) -> None:
    """All other files, also those that somebody put there, without copying what can be linked."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_dir() or str(name) in without:
            continue
        target = partial / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:  # some file systems know no hard links
            shutil.copy2(path, target, follow_symlinks=False)
