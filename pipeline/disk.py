"""Writing files whole, and saying plainly when the disk refuses."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DiskFull

PARTIAL = ".partial-"
"""What the names of unfinished files begin with."""
REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""A full disk, a spent quota, a read-only or too small file system: for the user to mend."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the disk's refusals while writing `path` into one line.

    Raises:
        DiskFull: names the trouble and the remedy.
    """
    try:
        yield
    except OSError as error:
        if error.errno in REFUSALS:
            raise unwritable(path, error) from error
        raise


def unwritable(path: Path, error: OSError) -> DiskFull:
    """The line for a disk that refuses."""
    return DiskFull(
        f"{path.parent} cannot be written: {error.strerror}. Make room there, and run it again; "
        "everything that was finished is kept."
    )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, through a synced file beside it.

    Raises:
        DiskFull: the disk is full, or refuses otherwise.
    """
    partial = write_partial(path, data)
    with writing(path):
        partial.replace(path)


def write_partial(path: Path, data: bytes) -> Path:
    """The synced file that is to replace `path`, beside it. Should it fail, nothing is left.

    Raises:
        DiskFull: the disk is full, or refuses otherwise.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
        try:
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return partial


def sync_folder(folder: Path) -> None:
    """Have a folder's entries on disk, so that no new name is lost with the machine's power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
