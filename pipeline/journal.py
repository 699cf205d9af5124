"""Changing several files of a dataset together: all of them, or none.

New files are written and synced beside the old ones. Then a journal names them, and from that
moment they count: whoever works on the dataset next puts them in their places, should this process
be killed before it has.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.disk import sync_folder, write_atomically, writing
from pipeline.errors import DatasetError

NAME = "journal.json"
FOLDERS = ("shards", "tables")
"""Only files in these are changed."""
WAITING = ".*.next"
"""What the names of files look like that are not in their places yet."""


class _Entry(BaseModel):
    """Paths relative to the dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replaced: list[str]
    deleted: list[str]


class Changes:
    """Files that are to change together."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._replaced: list[Path] = []
        self._deleted: list[Path] = []

    def replacing(self, path: Path) -> Path:
        """Where the new content of `path` is to be written, and synced."""
        self._replaced.append(path)
        return _beside(path)

    def replace(self, path: Path, data: bytes) -> None:
        """Give `path` this content.

        Raises:
            DiskFull: the disk refuses.
        """
        write_atomically(self.replacing(path), data)

    def delete(self, path: Path) -> None:
        """Delete `path`, should it be there."""
        self._deleted.append(path)

    def _entry(self) -> _Entry:
        return _Entry(replaced=self._names(self._replaced), deleted=self._names(self._deleted))

    def _names(self, paths: list[Path]) -> list[str]:
        return [path.relative_to(self._root).as_posix() for path in paths]


@contextmanager
def changes(root: Path) -> Iterator[Changes]:
    """Change files of the dataset `root` together, when the block is left without an error.

    Raises:
        DiskFull: the disk refuses; nothing is changed, or all of it will be by `finish`.
    """
    together = Changes(root)
    try:
        yield together
        entry = together._entry()
        write_atomically(root / NAME, entry.model_dump_json(indent=1).encode())
    except BaseException:
        if not (root / NAME).exists():
            for path in together._replaced:
                _beside(path).unlink(missing_ok=True)
        raise
    finish(root)


def finish(root: Path) -> None:
    """Do what a journal says, if there is one.

    Raises:
        DatasetError: it cannot be read, or names files that are none of a dataset's.
        DiskFull: the disk refuses.
    """
    path = root / NAME
    try:
        entry = _Entry.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return
    except (OSError, ValidationError) as error:
        raise DatasetError(
            f"{path} cannot be read ({type(error).__name__}), but says what a killed removal was "
            "about to do. Delete it, and run `framesong remove` again."
        ) from None
    if alien := [name for name in (*entry.replaced, *entry.deleted) if not _is_ours(name)]:
        raise DatasetError(
            f"{path} names {alien[0][:80]!a}, which is no file of a dataset: delete it."
        )
    with writing(path):
        for name in entry.replaced:
            target = root / name
            if _beside(target).exists():  # else it is in its place already
                _beside(target).replace(target)
        for name in entry.deleted:
            (root / name).unlink(missing_ok=True)
        for folder in sorted({(root / name).parent for name in entry.replaced}):
            sync_folder(folder)  # before the journal goes
        path.unlink()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.next")


def _is_ours(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) > 1 and parts[0] in FOLDERS and ".." not in parts
