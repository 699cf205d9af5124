"""Shards: deterministic tars of clips that plain webdataset reads.

Members are CLIP_ID.flac (or .wav, .opus), CLIP_ID.jpg and CLIP_ID.json, sorted by clip id, then by
extension, with fixed times, owner and mode: equal clips give equal bytes.
"""

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipeline.disk import PARTIAL, sync_folder, writing
from pipeline.errors import DatasetError
from pipeline.media.tar import add_member, new_tar
from pipeline.stage import Sample
from schemas.table import Sha256

AUDIO_FORMATS = ("flac", "opus", "wav")
MAX_MEMBER_BYTES = 64 * 2**20
"""Larger members are not ours: a clip's audio as WAV takes about 1 MB."""

_CLIP_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_EXTENSIONS = (*AUDIO_FORMATS, "jpg", "json")


@dataclass(frozen=True)
class ShardFile:
    """A finished tar."""

    sha256: Sha256
    bytes: int
    clips: int


@dataclass(frozen=True)
class _Spooled:
    """A member waiting in the spool file."""

    name: str
    offset: int
    size: int


def write_shard(path: Path, samples: Iterable[Sample]) -> ShardFile:
    """Write a tar, all or nothing: until it is complete and on disk, `path` does not change.

    Samples may come in any order and are never in memory together: they wait in an unnamed
    temporary file beside `path`, which vanishes with the process.

    Raises:
        ValueError: a clip id is no file name, or comes twice.
        DatasetError: the disk is full.
    """
    with writing(path), _spool_file(path.parent) as spool:
        members = sorted(_spool(samples, spool), key=lambda member: member.name.split("."))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
        try:
            with os.fdopen(handle, "w+b") as file:
                _write_tar(file, members, spool)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:  # also for Ctrl-C: leave no half-written file behind
            Path(name).unlink(missing_ok=True)
            raise
    sync_folder(path.parent)
    return ShardFile(digest, size, len({member.name.split(".")[0] for member in members}))


def _spool_file(folder: Path) -> IO[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def _spool(samples: Iterable[Sample], spool: IO[bytes]) -> list[_Spooled]:
    members: list[_Spooled] = []
    seen: set[str] = set()
    for sample in samples:
        if not _CLIP_ID.fullmatch(sample.clip_id) or sample.clip_id in seen:
            raise ValueError(f"clip id `{sample.clip_id!r}` is no file name, or comes twice")
        seen.add(sample.clip_id)
        meta = json.dumps(sample.meta, sort_keys=True, ensure_ascii=True).encode() + b"\n"
        parts = {sample.audio_format: sample.audio, "jpg": sample.frame, "json": meta}
        for extension, data in parts.items():
            members.append(_Spooled(f"{sample.clip_id}.{extension}", spool.tell(), len(data)))
            spool.write(data)
    return members


def _write_tar(file: IO[bytes], members: list[_Spooled], spool: IO[bytes]) -> None:
    with new_tar(file) as tar:
        for member in members:
            spool.seek(member.offset)
            add_member(tar, member.name, member.size, spool)


def member_name(name: str, more: tuple[str, ...] = ()) -> tuple[str, str] | None:
    """Clip id and extension of a member; None where it is no clip's.

    Args:
        more: extensions besides those of shards.

    >>> member_name("folder-a-00010000.flac"), member_name("../evil.jpg")
    (('folder-a-00010000', 'flac'), None)
    """
    clip_id, _, extension = name.rpartition(".")
    if extension not in (*_EXTENSIONS, *more) or not _CLIP_ID.fullmatch(clip_id):
        return None
    return clip_id, extension


def read_shard(path: Path) -> Iterator[Sample]:
    """Clips in the tar's order, one in memory at a time.

    Trusts nothing in the tar: only flat, expected names of regular files of bounded size.

    Raises:
        DatasetError: the tar is damaged, or is no shard.
    """
    try:
        with tarfile.open(path, "r|") as tar:
            yield from _samples(path, tar)
    except FileNotFoundError:
        raise DatasetError(f"There is no shard `{path}`: build it again.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DatasetError(f"Shard `{path}` cannot be read ({error}): build it again.") from None


def _samples(path: Path, tar: tarfile.TarFile) -> Iterator[Sample]:
    clip_id, parts = "", dict[str, bytes]()
    for member in tar:
        name = member_name(member.name)
        if name is None or not member.isreg() or member.size > MAX_MEMBER_BYTES:
            raise DatasetError(f"Shard `{path}` holds {member.name[:80]!r}, which is no clip's.")
        if name[0] != clip_id and parts:
            yield _sample(path, clip_id, parts)
            parts = {}
        clip_id, extension = name
        if extension in parts:
            raise DatasetError(f"Shard `{path}` holds {member.name!r} twice.")
        content = tar.extractfile(member)
        parts[extension] = content.read() if content is not None else b""
    if parts:
        yield _sample(path, clip_id, parts)


def _sample(path: Path, clip_id: str, parts: dict[str, bytes]) -> Sample:
    audio = [extension for extension in AUDIO_FORMATS if extension in parts]
    if len(audio) != 1 or not {"jpg", "json"} <= set(parts):
        raise DatasetError(f"Clip `{clip_id}` of shard `{path}` is not complete: build it again.")
    return Sample(clip_id, parts[audio[0]], audio[0], parts["jpg"], _meta(path, clip_id, parts))


def _meta(path: Path, clip_id: str, parts: dict[str, bytes]) -> dict[str, Any]:
    try:
        meta = json.load(io.BytesIO(parts["json"]))
    except ValueError:
        meta = None
    if not isinstance(meta, dict) or meta.get("clip_id") != clip_id:
        raise DatasetError(f"`{clip_id}.json` of shard `{path}` is not that clip's.")
    return meta
