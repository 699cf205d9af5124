"""A dataset on disk: the only module that knows its layout.

Every file is written beside its place, synced and renamed, and a part's manifest comes last:
whatever moment a process is killed at, a part is either whole and declared, or absent.
"""

import fcntl
import hashlib
import io
import json
import os
import platform
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from pipeline import journal
from pipeline.disk import PARTIAL, write_atomically, write_partial, writing
from pipeline.errors import DatasetBusy, DatasetError
from schemas import TABLES
from schemas.manifest import PartManifest, ShardManifest
from schemas.table import R, Row, Table, content_digest, from_arrow, to_arrow
from schemas.video import VIDEOS

M = TypeVar("M", PartManifest, ShardManifest)

Part = tuple[Table[Row], str, Sequence[Row]]
"""A table, a shard, and the rows that the one has of the other."""

_WRITERS = 16
"""Parts that are encoded and synced at once."""


@dataclass(frozen=True)
class _Prepared:
    """A part that is written and synced, but not in its place yet."""

    manifest: PartManifest
    files: dict[Path, Path]
    """The part, then its manifest: where it belongs, and where it is."""

    def declare(self) -> PartManifest:
        """Put it in its place: the old manifest goes first, the new one comes last."""
        *_, declaration = self.files
        declaration.unlink(missing_ok=True)
        for path, partial in self.files.items():
            with writing(path):
                partial.replace(path)
        return self.manifest


class Dataset:
    """The folder that a recipe fills."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def recipe_file(self) -> Path:
        """The recipe that last ran here."""
        return self.root / "recipe.toml"

    @property
    def report_folder(self) -> Path:
        """Where the audit report goes."""
        return self.root / "report"

    @property
    def prefect_home(self) -> Path:
        """Where this dataset's flow history lies."""
        return self.root / ".prefect"

    @property
    def governor_state(self) -> Path:
        """What was asked of which site when, so that a new run makes no burst."""
        return self.root / "governor.json"

    @property
    def cache_folder(self) -> Path:
        """Answers of sources that need not be asked for twice."""
        return self.root / "cache"

    @property
    def removals_file(self) -> Path:
        """What was taken out of the dataset, so that it never comes back."""
        return self.root / "removed.json"

    @property
    def exports_file(self) -> Path:
        """Where exports of the dataset were made."""
        return self.root / "exports.json"

    @property
    def comparisons_folder(self) -> Path:
        """Where comparisons of variants go."""
        return self.root / "comparisons"

    def media_folder(self, shard: str) -> Path:
        """Where a shard's downloads wait until it is cut."""
        return self.root / "media" / shard

    def tar(self, shard: str) -> Path:
        """A shard's clips."""
        return self.root / "shards" / f"{shard}.tar"

    def part(self, table: Table[Row], shard: str, variant: str | None = None) -> Path:
        """The Parquet file of one table for one shard."""
        folder = self.root / "tables" / table.name
        return (folder / variant if variant else folder) / f"{shard}.parquet"

    def shards(self) -> list[str]:
        """The names of all shards that videos are assigned to, in the order of their making."""
        manifests = sorted((self.root / "tables" / VIDEOS.name).glob("[!.]*.json"))
        return [path.stem for path in manifests]

    def uncut(self) -> list[str]:
        """The shards whose clips are not committed yet."""
        return [shard for shard in self.shards() if self.shard_manifest(shard) is None]

    def variants(self, table: Table[Row]) -> list[str]:
        """The variants of a table that lie on disk."""
        folder = self.root / "tables" / table.name
        return sorted(path.name for path in folder.glob("*/") if path.is_dir())

    def parts(self, shard: str) -> list[tuple[Table[Row], str | None]]:
        """All finished parts of a shard, of whatever variant: each with its table and variant."""
        kinds = [
            (table, variant)
            for table in TABLES.values()
            for variant in (None, *self.variants(table))
        ]
        return [
            (table, variant)
            for table, variant in kinds
            if self.part(table, shard, variant).with_suffix(".json").exists()
        ]

    def read(self, table: Table[R], shard: str, variant: str | None = None) -> list[R]:
        """The rows of a finished part; none where the part is not finished.

        Raises:
            DatasetError: the file is damaged or has other columns.
        """
        if self.manifest(table, shard, variant) is None:
            return []
        path = self.part(table, shard, variant)
        try:
            return from_arrow(table, pq.ParquetFile(path).read())
        except (OSError, ValidationError, ValueError) as error:
            raise self._damaged(path, error) from error

    def read_column(self, table: Table[Row], shard: str, column: str) -> list[Any]:
        """One column of a finished part of a table without variants, which is far quicker than its
        rows; nothing where the part is not finished.

        Raises:
            DatasetError: as `read`.
        """
        if self.manifest(table, shard) is None:
            return []
        path = self.part(table, shard)
        try:
            values: list[Any] = pq.ParquetFile(path).read([column])[column].to_pylist()
        except (OSError, ValueError, KeyError) as error:
            raise self._damaged(path, error) from error
        return values

    def read_all(self, table: Table[R], variant: str | None = None) -> Iterator[R]:
        """The rows of all finished parts of a table, shard by shard."""
        for shard in self.shards():
            yield from self.read(table, shard, variant)

    def manifest(
        self, table: Table[Row], shard: str, variant: str | None = None
    ) -> PartManifest | None:
        """What a part declares about itself; None where it is not finished."""
        return self._load(self.part(table, shard, variant).with_suffix(".json"), PartManifest)

    def shard_manifest(self, shard: str) -> ShardManifest | None:
        """What a tar declares about itself; None where it is not finished."""
        return self._load(self.tar(shard).with_suffix(".json"), ShardManifest)

    def write(
        self,
        table: Table[R],
        shard: str,
        rows: Sequence[R],
        variant: str | None = None,
        **facts: Any,
    ) -> PartManifest:
        """Write a part and then its manifest, which declares it finished.

        Args:
            facts: further fields of `PartManifest`.
        """
        return self._prepare(table, shard, rows, variant, facts).declare()

    def write_parts(self, parts: Iterable[Part], **facts: Any) -> None:
        """Write many parts, each as `write` does. They are declared in their order, whenever this
        is killed; before that, many are under way at once, because a disk syncs many files in
        hardly more time than one."""
        with ThreadPoolExecutor(_WRITERS) as pool:
            under_way: deque[Future[_Prepared]] = deque()
            try:
                for table, shard, rows in parts:
                    job = pool.submit(self._prepare, table, shard, rows, None, facts)
                    under_way.append(job)
                    if len(under_way) > 2 * _WRITERS:
                        under_way.popleft().result().declare()
                while under_way:
                    under_way.popleft().result().declare()
            finally:
                for job in under_way:
                    job.cancel()

    def _prepare(
        self,
        table: Table[R],
        shard: str,
        rows: Sequence[R],
        variant: str | None,
        facts: dict[str, Any],
    ) -> "_Prepared":
        path = self.part(table, shard, variant)
        data = part_bytes(table, rows)
        manifest = PartManifest(
            table=table.name,
            shard=shard,
            variant=variant,
            rows=len(rows),
            digest=content_digest(table, rows),
            sha256=hashlib.sha256(data).hexdigest(),
            created_at=now(),
            **facts,
        )
        json_path = path.with_suffix(".json")
        files = {
            path: write_partial(path, data),
            json_path: write_partial(json_path, manifest_bytes(manifest)),
        }
        return _Prepared(manifest, files)

    def write_shard_manifest(self, manifest: ShardManifest) -> None:
        """Declare a tar finished."""
        path = self.tar(manifest.shard).with_suffix(".json")
        write_atomically(path, manifest_bytes(manifest))

    def variant_bytes(self, table: Table[Row], variant: str) -> int:
        """What one variant of a table takes on disk."""
        folder = self.root / "tables" / table.name / variant
        return sum(path.stat().st_size for path in folder.iterdir())

    def delete_variant(self, table: Table[Row], variant: str) -> None:
        """Delete one variant of a table."""
        shutil.rmtree(self.root / "tables" / table.name / variant)

    def delete_media(self, shard: str) -> None:
        """Delete a shard's downloads."""
        shutil.rmtree(self.media_folder(shard), ignore_errors=True)

    def content_digest(self, variants: list[tuple[Table[Row], str | None]]) -> str:
        """sha256 over the tars and the rows of the named tables: equal for two builds that hold
        the same clips, captions and scores, whenever and wherever they ran."""
        digest = hashlib.sha256()
        for shard in self.shards():
            tar = self.shard_manifest(shard)
            digest.update(f"{shard} {tar.sha256 if tar else '-'}\n".encode())
            for table, variant in variants:
                part = self.manifest(table, shard, variant)
                line = f"{table.name} {variant} {part.digest if part else '-'}\n"
                digest.update(line.encode())
        return digest.hexdigest()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from working on this dataset; released even by a kill.

        Raises:
            DatasetBusy: another process holds it.
            DiskFull: the disk refuses.
        """
        path = self.root / ".lock"
        with writing(path):
            self.root.mkdir(parents=True, exist_ok=True)
            opened = path.open("a+b", buffering=0)
        with opened as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise DatasetBusy(
                    f"Another framesong works on {self.root} ({file.read().decode().strip()}). "
                    "Wait for it to end, or stop it; nothing was changed."
                ) from None
            with writing(path):
                file.truncate(0)
                file.write(f"pid {os.getpid()} on {platform.node()} since {now()}".encode())
            journal.finish(self.root)
            self._sweep()
            try:
                yield
            finally:
                file.truncate(0)

    def _sweep(self) -> None:
        for folder in ("shards", "tables"):
            for pattern in (f"{PARTIAL}*", journal.WAITING):
                for path in (self.root / folder).rglob(pattern):
                    path.unlink()

    def _load(self, path: Path, kind: type[M]) -> M | None:
        try:
            return kind.model_validate_json(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValidationError as error:
            raise DatasetError(
                f"{self._name(path)} is no manifest that this version reads. "
                "Delete it to have its part made again."
            ) from error

    def _damaged(self, path: Path, error: Exception) -> DatasetError:
        return DatasetError(
            f"{self._name(path)} cannot be read ({type(error).__name__}): it is damaged or "
            "from another version. Delete it and its .json to have it made again."
        )

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.root.parent))


def part_bytes(table: Table[R], rows: Iterable[R]) -> bytes:
    """A part as it is stored. Parts are small and read whole: neither dictionaries nor statistics
    would pay."""
    buffer = io.BytesIO()
    pq.write_table(
        to_arrow(table, rows),
        buffer,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
    )
    return buffer.getvalue()


def manifest_bytes(model: BaseModel) -> bytes:
    """A manifest as it is stored."""
    return json.dumps(model.model_dump(mode="json"), indent=1, ensure_ascii=False).encode() + b"\n"


def now() -> str:
    """The time as ISO 8601 in UTC, to the millisecond: parts are sorted by it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
