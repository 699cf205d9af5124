"""Take videos and clips out of a dataset, so that they never come back.

First the tombstones are written, then each shard is made anew without what is removed, then all
else that shows it goes. Whatever moment this is killed at, the next call goes on; until then
`pending` says what is not finished.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeline.export.known import known_exports
from pipeline.removal.finding import copies_of
from pipeline.removal.outside import (
    comparisons,
    downloads,
    is_export,
    strip_report,
    take_from_exports,
)
from pipeline.removal.rewriting import Draft, draft, rewrite
from pipeline.removal.survey import Survey, survey
from pipeline.removal.tombstones import read_removals, write_removals
from pipeline.store import Dataset
from schemas.removal import ChangedExport, Removal

__all__ = ["finish", "planned", "remove"]


def remove(
    dataset: Dataset,
    ids: Iterable[str],
    reason: str = "",
    on_shard: Callable[[str], None] = lambda shard: None,
) -> Removal:
    """Take these videos and clips out, and what an interrupted removal left. Call it with the
    dataset locked.

    Args:
        reason: the user's words, kept with the tombstones.
        on_shard: called with each shard that is done.

    Raises:
        DatasetError: an id names nothing, before anything is done; or a file is damaged or gone.
            Run it again when that is mended.
        DiskFull: the same.
    """
    known = known_exports(dataset)  # a damaged list is told before anything is done
    asked = survey(dataset, ids)
    if (removals := asked.tombstones(reason)) != asked.before:
        write_removals(dataset, removals)
    tally = _Tally()
    for shard in asked.holding:
        made = draft(dataset, shard, asked.out)
        rewrite(dataset, made, asked.out)
        tally.add(made)
        on_shard(shard)
    files, folders = downloads(dataset, asked.out), comparisons(dataset, asked.out)
    for path in files:
        path.unlink(missing_ok=True)
    for folder in folders:
        shutil.rmtree(folder)
    report = bool(asked.ids) and strip_report(dataset, asked.tars)
    exports, lost = take_from_exports(known, {*asked.ids, *asked.already})
    if removals.pending:
        write_removals(dataset, removals.model_copy(update={"pending": None}))
    return _result(dataset, asked, tally, files, folders).model_copy(
        update={"report": report, "exports": exports, "exports_not_found": lost}
    )


def planned(dataset: Dataset, ids: Iterable[str]) -> Removal:
    """What `remove` would do. Changes nothing; does not look into exports.

    Raises:
        DatasetError: as `remove`.
    """
    asked = survey(dataset, ids)
    tally = _Tally()
    for shard in asked.holding:
        tally.add(draft(dataset, shard, asked.out))
    files, folders = downloads(dataset, asked.out), comparisons(dataset, asked.out)
    known = known_exports(dataset)
    there = [
        ChangedExport(path=each.path, files=[]) for each in known if is_export(Path(each.path))
    ]
    return _result(dataset, asked, tally, files, folders).model_copy(
        update={
            "report": bool(asked.ids) and dataset.report_folder.is_dir(),
            "exports": there,
            "exports_not_found": [each.path for each in known if not is_export(Path(each.path))],
        }
    )


def finish(dataset: Dataset) -> Removal | None:
    """Finish an interrupted removal; None if there is none. Call it with the dataset locked.

    Raises:
        DatasetError, DiskFull: as `remove`.
    """
    return remove(dataset, ()) if read_removals(dataset).pending else None


class _Tally:
    """What is remembered of the shards: their rows may be too many."""

    def __init__(self) -> None:
        self.parts = Counter[str]()
        self.clips: dict[str, int] = {}
        """How many stay, by shard."""

    def add(self, made: Draft) -> None:
        self.clips[made.shard] = made.clips
        self.parts.update(
            f"{table.name}/{variant}" if variant else table.name for table, variant in made.parts
        )


def _result(
    dataset: Dataset, asked: Survey, tally: _Tally, files: Sequence[Path], folders: Sequence[Path]
) -> Removal:
    left = dict(tally.clips)
    for shard in asked.tars - left.keys():
        manifest = dataset.shard_manifest(shard)
        left[shard] = manifest.clips if manifest else 0
    return Removal(
        videos=asked.videos,
        clips=asked.clips,
        already=asked.already,
        finished=asked.left,
        shards=sorted(asked.tars),
        emptied=sorted(shard for shard in asked.tars if not left[shard]),
        parts=dict(sorted(tally.parts.items())),
        downloads=[str(path.relative_to(dataset.root)) for path in files],
        comparisons=[str(folder.relative_to(dataset.root)) for folder in folders],
        copies=copies_of(dataset, {*asked.videos, *asked.left}),
    )
