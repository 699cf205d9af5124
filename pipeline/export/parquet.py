"""Parquet files with media, as Hugging Face's `datasets` and hub read them: sound and frame are
structs of `bytes` and `path`, and the schema says that they are Audio and Image features.

Row groups hold 100 clips (about 60 MB with FLAC at 48 kHz) and pages one or two, each listed in a
page index: a stream's first sample needs no whole file, and a filter on a small column reads no
media.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.export.choose import Chosen
from pipeline.export.clip_media import MediaReader
from pipeline.export.records import publishable
from pipeline.export.request import ExportRequest
from schemas.export import ExportFile
from schemas.video import Split

ROW_GROUP = 100
"""Clips. The hub's viewer reads row groups of 100 to 300 MB at most."""
MEDIA = ("audio", "image")

_FILE = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
_DTYPES = {"double": "float64"}


def write_parquet(
    chosen: Chosen,
    media: MediaReader,
    request: ExportRequest,
    folder: Path,
    on_clip: Callable[[int], None],
) -> list[ExportFile]:
    """Write `data/SPLIT-00000-of-00003.parquet` for all splits.

    Raises:
        DatasetError: a clip is not as it was cut.
    """
    (folder / "data").mkdir()
    files = []
    for split in request.splits:
        clips = publishable(chosen.of(split))
        schema = media_schema(clips)
        starts = range(0, len(clips), request.clips_per_shard)
        for number, start in enumerate(starts):
            name = f"data/{split}-{number:05d}-of-{len(starts):05d}.parquet"
            rows = clips.slice(start, request.clips_per_shard)
            with media_writer(folder / name, schema) as writer:
                for first in range(0, len(rows), ROW_GROUP):
                    group = rows.slice(first, ROW_GROUP)
                    writer.write_table(_with_media(group, schema, media))
                    on_clip(len(group))
            files.append(declared(folder, name, split, len(rows)))
    return files


def media_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of files with media, which are compressed as they are."""
    files = [f"{name}.bytes" for name in MEDIA]
    texts = [name for name in _leaves(schema) if name not in files]
    return pq.ParquetWriter(
        path,
        schema,
        compression={**dict.fromkeys(texts, "zstd"), **dict.fromkeys(files, "none")},
        use_dictionary=False,
        write_statistics=texts,
        write_page_index=True,
        write_batch_size=1,  # a page's size is looked at after each batch
    )


def declared(folder: Path, name: str, split: Split | None, clips: int) -> ExportFile:
    """What a manifest says of a file that was written; the file is on disk then."""
    with (folder / name).open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return ExportFile(file=name, split=split, clips=clips, bytes=file.tell(), sha256=digest)


def media_schema(clips: pa.Table) -> pa.Schema:
    """The schema of clips with their media, which says how `datasets` shows each column."""
    rates = set(clips["sample_rate"].to_pylist())
    audio = {"sampling_rate": rates.pop(), "_type": "Audio"} if len(rates) == 1 else _typed("Audio")
    features = {"audio": audio, "image": _typed("Image")}
    features |= {field.name: _feature(field.type) for field in clips.schema}
    fields = [pa.field(name, _FILE) for name in MEDIA]
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([*fields, *(field.remove_metadata() for field in clips.schema)], metadata)


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), **_typed("List")}
    return {"dtype": _DTYPES.get(str(kind), str(kind)), **_typed("Value")}


def _typed(name: str) -> dict[str, Any]:
    return {"_type": name}


def _leaves(schema: pa.Schema) -> list[str]:
    """Columns as Parquet names them."""
    leaves = []
    for field in schema:
        if field.name in MEDIA:
            leaves += [f"{field.name}.bytes", f"{field.name}.path"]
        elif pa.types.is_list(field.type):
            leaves.append(f"{field.name}.list.element")
        else:
            leaves.append(field.name)
    return leaves


def _with_media(clips: pa.Table, schema: pa.Schema, media: MediaReader) -> pa.Table:
    sounds, frames = [], []
    for clip in clips.to_pylist():
        files, key = media.read(clip), clip["clip_id"]
        sounds.append({"bytes": files.audio, "path": f"{key}.{files.audio_format}"})
        frames.append({"bytes": files.frame, "path": f"{key}.jpg"})
    return pa.table([pa.array(sounds, _FILE), pa.array(frames, _FILE), *clips.columns], schema)
