"""Deterministic tars: fixed times, owner and mode, so that equal members give equal bytes."""

import tarfile
from typing import IO


def new_tar(file: IO[bytes]) -> tarfile.TarFile:
    """A tar to be written into an open file; close it to finish it."""
    return tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT)


def add_member(tar: tarfile.TarFile, name: str, size: int, content: IO[bytes]) -> None:
    """One more file, of `size` bytes that `content` stands at."""
    info = tarfile.TarInfo(name)  # mtime, uid, gid 0; no owner; mode 0644
    info.size = size
    tar.addfile(info, content)
