"""Trainer-ready tars: KEY.flac (or .wav, .opus), KEY.jpg, KEY.txt with the prompt, and KEY.json
with all columns of a clip.

Beside them, `NAME-SPLIT.json` lists a split's tars as wids does (`wids-shard-index-v1`), and one
`sizes.json` has the samples of every tar by file name: open_clip looks for it in the tars' folder.
Byte offsets (`.idx`) are left out: of the known readers DALI alone takes them, and its `wds2idx`
makes them.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.export.choose import Chosen
from pipeline.export.clip_media import ClipMedia, MediaReader
from pipeline.export.folder import SIZES, as_json, index_name
from pipeline.export.records import publishable
from pipeline.export.request import ExportRequest
from pipeline.folders import write_file
from pipeline.media.tar import add_member, new_tar
from schemas.export import ExportFile
from schemas.video import Split

Members = Iterator[tuple[str, bytes]]


def write_webdataset(
    chosen: Chosen,
    media: MediaReader,
    request: ExportRequest,
    folder: Path,
    on_clip: Callable[[int], None],
) -> list[ExportFile]:
    """Write the tars of all splits with their indexes.

    Raises:
        DatasetError: a clip is not as it was cut.
    """
    files = []
    for split in request.splits:
        clips = publishable(chosen.of(split))
        for number, start in enumerate(range(0, len(clips), request.clips_per_shard)):
            rows = clips.slice(start, request.clips_per_shard)
            name = f"{request.name}-{split}-{number:06d}.tar"
            members = _members(rows, media, on_clip)
            files.append(write_tar(folder / name, split, members))
    write_indexes(folder, request.name, request.splits, files)
    return files


def write_tar(path: Path, split: Split, members: Members) -> ExportFile:
    """One tar, synced, with what its manifest says of it."""
    with path.open("wb") as file:
        digesting, keys = _Digesting(file), set()
        with new_tar(digesting) as tar:  # type: ignore[arg-type]  # a tar writes and tells, no more
            for name, data in members:
                add_member(tar, name, len(data), io.BytesIO(data))
                keys.add(name.partition(".")[0])
        file.flush()
        os.fsync(file.fileno())
        return ExportFile(
            file=path.name,
            split=split,
            clips=len(keys),
            bytes=file.tell(),
            sha256=digesting.sha256.hexdigest(),
        )


def write_indexes(
    folder: Path, name: str, splits: Iterable[Split], files: Iterable[ExportFile]
) -> None:
    """What readers look up before they open a tar."""
    files = list(files)
    for split in splits:
        shards = [
            {"url": file.file, "nsamples": file.clips, "filesize": file.bytes}
            for file in files
            if file.split == split
        ]
        index = {
            "__kind__": "wids-shard-index-v1",
            "wids_version": 1,
            "name": f"{name}-{split}",
            "shardlist": shards,
        }
        write_file(folder / index_name(name, split), as_json(index))
    write_file(folder / SIZES, as_json({file.file: file.clips for file in files}))


def _members(clips: pa.Table, media: MediaReader, on_clip: Callable[[int], None]) -> Members:
    for clip in clips.to_pylist():
        yield from _files_of(clip, media.read(clip))
        on_clip(1)


def _files_of(clip: Mapping[str, Any], media: ClipMedia) -> Members:
    key = clip["clip_id"]
    yield f"{key}.{media.audio_format}", media.audio
    yield f"{key}.jpg", media.frame
    yield f"{key}.json", json.dumps(clip, sort_keys=True, ensure_ascii=True).encode() + b"\n"
    yield f"{key}.txt", clip["prompt"].encode()


class _Digesting:
    """A file that is digested as it is written."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()
