"""Folders that are built beside their place and renamed into it, so that whatever moment a process
is killed at, the folder is the old one or the new one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.disk import REFUSALS, sync_folder, writing
from pipeline.errors import DatasetError


def recover(out: Path) -> None:
    """Put back a folder that a process moved away and died before it put the new one there, and
    clear what killed processes left."""
    leftovers = sorted(_beside(out))
    for path in leftovers:
        if path.name.endswith("-old") and not out.exists():
            path.rename(out)
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)


def _beside(out: Path) -> Iterator[Path]:
    if out.parent.is_dir():
        prefix = f".partial-{out.name}-"
        for path in out.parent.iterdir():
            rest = path.name.removeprefix(prefix).removesuffix("-old")
            if path.name.startswith(prefix) and rest.isdigit():
                yield path


def refuse_foreign(out: Path, mark: str, what: str, again: str) -> None:
    """Only an empty folder is replaced, or one of ours.

    Args:
        mark: a file that all of ours hold.
        what: what belongs there, for people.
        again: what to do once it is free.

    Raises:
        DatasetError: there is something else.
    """
    if not out.exists():
        return
    if out.is_dir() and ((out / mark).is_file() or not any(out.iterdir())):
        return
    raise DatasetError(
        f"{out} is in the place of {what} and holds something else. Move it away, and {again}."
    )


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `out` at the end, and vanishes on errors.

    Raises:
        DatasetError: no folder can be made there.
        DiskFull: the disk refuses.
    """
    partial = out.with_name(f".partial-{out.name}-{os.getpid()}")
    old = out.with_name(f"{partial.name}-old")
    with writing(out):
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            partial.mkdir()
        except OSError as error:
            if error.errno in REFUSALS:
                raise
            raise DatasetError(
                f"{out.parent} cannot be written ({error.strerror}): name another folder."
            ) from None
        try:
            yield partial
            sync_folder(partial)
            if out.exists():
                out.rename(old)
            partial.rename(out)
        finally:
            if old.exists() and not out.exists():
                old.rename(out)
            shutil.rmtree(partial, ignore_errors=True)
        sync_folder(out.parent)
    shutil.rmtree(old, ignore_errors=True)


def write_file(path: Path, data: bytes) -> None:
    """A file of a folder in the making, on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
