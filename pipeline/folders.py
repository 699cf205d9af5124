"""Folders that are built beside their place and renamed into it, so that whatever moment a process
is killed at, the folder is the old one or the new one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.disk import REFUSALS, writing
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
            sync(partial)
            if out.exists():
                out.rename(old)
            partial.rename(out)
        finally:
            if old.exists() and not out.exists():
                old.rename(out)
            shutil.rmtree(partial, ignore_errors=True)
        sync(out.parent)
    shutil.rmtree(old, ignore_errors=True)


def sync(folder: Path) -> None:
    """Have a folder's entries on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes) -> None:
    """A file of a folder in the making, on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
