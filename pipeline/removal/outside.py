"""What lies outside of shards and tables and shows what was removed: downloads, the report,
comparisons, exports."""

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.disk import PARTIAL, write_atomically
from pipeline.export.folder import MANIFEST
from pipeline.export.rewrite import take_out
from pipeline.folders import recover
from pipeline.removal.tombstones import Gone
from pipeline.store import Dataset
from schemas.export import KnownExport
from schemas.removal import ChangedExport

_ID = re.compile(rb"[A-Za-z0-9_-]{1,200}")
_OLD_PARTIAL = re.compile(rf"{re.escape(PARTIAL)}[0-9]+-")
_TEXTS = (".html", ".js", ".json")
_EMPTY = b"{}\n"


def downloads(dataset: Dataset, out: Gone) -> list[Path]:
    """Downloaded files of removed videos, and records of their fetching. The user's own files,
    which a folder source lists, are elsewhere."""
    folder = dataset.media_folder("any").parent
    found = []
    for path in sorted(folder.glob("*/*")):
        name = _OLD_PARTIAL.sub("", path.name)
        if name.partition(".")[0] in out.videos:
            found.append(path)
    return found


def comparisons(dataset: Dataset, out: Gone) -> list[Path]:
    """Folders of comparisons that show a removed clip."""
    folders = sorted(dataset.comparisons_folder.glob("*/"))
    return [folder for folder in folders if folder.is_dir() and shows(folder, out)]


def shows(folder: Path, out: Gone) -> bool:
    """Whether a page or its data name a removed clip."""
    texts = (path for path in sorted(folder.rglob("*")) if path.suffix in _TEXTS)
    return any(_named(path, out) for path in texts)


def _named(path: Path, out: Gone) -> bool:
    with path.open("rb") as file:
        return any(out.clip(found) for line in file for found in _ids(line))


def _ids(line: bytes) -> Iterator[str]:
    return (found.group().decode() for found in _ID.finditer(line))


def strip_report(dataset: Dataset, shards: set[str] | None) -> bool:
    """Delete the report but for the media of other shards, which spare the next audit looking at
    them again.

    Args:
        shards: those that something was taken out of.

    Returns:
        Whether there was a report.
    """
    folder = dataset.report_folder
    for partial in dataset.root.glob(f"{PARTIAL}{folder.name}-*"):
        shutil.rmtree(partial)
    if not folder.is_dir():
        return False
    write_atomically(folder / "report.json", _EMPTY)  # without it the folder is not known as ours
    for path in folder.iterdir():
        if path.name == "media" and path.is_dir():
            for of_shard in path.iterdir():
                if shards is None or of_shard.name in shards:
                    _delete(of_shard)
        elif path.name != "report.json":
            _delete(path)
    return True


def take_from_exports(
    known: Sequence[KnownExport], ids: set[str]
) -> tuple[list[ChangedExport], list[str]]:
    """Take clips and videos out of exports.

    Returns:
        Those that changed, and the paths where there is no export any more.

    Raises:
        DatasetError: an export is damaged.
        DiskFull: the disk refuses.
    """
    changed, lost = [], []
    for path in map(Path, (each.path for each in known)):
        recover(path)
        if not is_export(path):
            lost.append(str(path))
        elif files := take_out(path, ids):
            changed.append(ChangedExport(path=str(path), files=files))
    return changed, lost


def is_export(path: Path) -> bool:
    """Whether an export lies there."""
    return (path / MANIFEST).is_file()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
