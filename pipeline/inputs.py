"""What a stage sees of one shard on disk."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Thread

from pipeline.errors import DatasetError
from pipeline.media.shard import read_shard
from pipeline.stage import Sample
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas import CLIPS
from schemas.table import R, Row, Table

_BLOCK_BYTES = 2**20


class ShardInputs:
    """`pipeline.stage.Inputs` for one step on one shard; with `only`, for some clips of it.

    While a stage works on the media, the tar of the shard `coming` is read into the system's page
    cache, so that its first batch does not wait for the disk.
    """

    def __init__(
        self,
        dataset: Dataset,
        step: Step,
        shard: str,
        device: str = "cpu",
        note: Callable[[str], None] = lambda text: None,
        only: frozenset[str] | None = None,
        coming: str | None = None,
    ) -> None:
        self.shard = shard
        self.device = device
        self.note = note
        self._dataset = dataset
        self._step = step
        self._only = only
        self._coming = coming

    def rows(self, table: Table[R]) -> list[R]:
        """The shard's rows of a table that the stage reads."""
        stage = self._step.stage
        if table not in (*stage.reads, *stage.may_read):
            raise TypeError(f"stage `{stage.name}` reads {table.name} without declaring it")
        parts = {read.name: variant for read, variant in self._step.inputs()}
        if table.name not in parts:
            return []
        rows = self._dataset.read(table, self.shard, parts[table.name])
        return [row for row in rows if self._wanted(row)]

    def samples(self) -> Iterator[Sample]:
        """The shard's clips with their media, in the tar's order.

        Raises:
            DatasetError: the tar is gone.
        """
        path = self._dataset.tar(self.shard)
        if not path.exists():
            raise DatasetError(
                f"{path.name} is gone from {path.parent}: bring it back, or build anew elsewhere."
            )
        if self._coming is not None:
            read_ahead(self._dataset.tar(self._coming))
        for sample in read_shard(path):
            if sample.clip_id in self.clip_ids:
                yield sample

    @cached_property
    def clip_ids(self) -> frozenset[str]:
        """The clips that the stage is to account for."""
        clips = self._dataset.read(CLIPS, self.shard)
        return frozenset(clip.clip_id for clip in clips if self._wanted(clip))

    def _wanted(self, row: Row) -> bool:
        if self._only is None:
            return True
        clip_id = getattr(row, "clip_id", None)
        return clip_id is None or clip_id in self._only


def read_ahead(path: Path) -> Thread:
    """Read a file into the system's page cache, in a thread of its own. What cannot be read is left
    to whoever needs it.

    Asking the kernel with `posix_fadvise` would not do: of a range it reads no more than the
    device's read-ahead (8 of 200 MiB, as measured under Linux 6.18), and macOS does not have it.
    """

    def read() -> None:
        block = bytearray(_BLOCK_BYTES)
        with suppress(OSError), path.open("rb", buffering=0) as file:
            while file.readinto(block):
                pass

    thread = Thread(target=read, name="read ahead", daemon=True)
    thread.start()
    return thread
