"""Room on the disk: how far downloads may run ahead of cutting."""

import shutil
from pathlib import Path

from pipeline.acquire.settings import Fetching
from pipeline.store import Dataset
from schemas import MEDIA

_GB = 1e9


def shortage(dataset: Dataset, fetching: Fetching) -> str | None:
    """Why no further shard may be fetched now, as a line for people; None if one may."""
    return scarce(dataset.root, fetching) or too_far_ahead(waiting_bytes(dataset), fetching)


def scarce(folder: Path, fetching: Fetching) -> str | None:
    """A line if less is free under `folder`, which may not exist yet, than is to be kept free."""
    free = free_bytes(folder)
    if free >= fetching.keep_free_gb * _GB:
        return None
    return (
        f"{folder} has {free / _GB:.3g} GB free, less than keep_free_gb = "
        f"{fetching.keep_free_gb:g} in [fetch]: make room there. What was fetched is kept."
    )


def too_far_ahead(waiting: int, fetching: Fetching) -> str | None:
    """A line if downloads that take `waiting` bytes fill the budget for them."""
    if waiting < fetching.disk_budget_gb * _GB:
        return None
    return (
        f"Downloads that wait to be cut take {waiting / _GB:.3g} GB, and disk_budget_gb = "
        f"{fetching.disk_budget_gb:g} in [fetch]."
    )


def waiting_bytes(dataset: Dataset) -> int:
    """What the downloads of fetched shards take that are not cut yet. A shard of which a part is
    fetched does not wait for anything; files of the user's own and kept ones do not count."""
    return sum(
        path.stat().st_size
        for shard in dataset.uncut()
        if dataset.manifest(MEDIA, shard) is not None
        for path in dataset.media_folder(shard).glob("*")
        if path.is_file()
    )


def free_bytes(folder: Path) -> int:
    """What is free on the disk that holds `folder`, or that will when it exists."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free
