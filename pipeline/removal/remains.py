"""Whether anything of what was removed is left."""

from collections.abc import Iterator

from pipeline.errors import DatasetError
from pipeline.media.members import members_of
from pipeline.removal.outside import comparisons, downloads, shows
from pipeline.removal.rewriting import still_holds
from pipeline.removal.tombstones import Gone, read_removals
from pipeline.store import Dataset


def remains(dataset: Dataset) -> Iterator[str]:
    """One line for each place that holds what was removed, or that may, as nobody could look.
    Exports are not looked into.

    Raises:
        DatasetError: the tombstones cannot be read.
    """
    removals = read_removals(dataset)
    out = Gone.of(removals)
    if removals.pending:
        some = removals.pending.ids[0]
        yield (
            f"a removal of {len(removals.pending.ids)} videos and clips, such as {some}, was "
            "interrupted: `framesong remove` without an id finishes it"
        )
    if not out:
        return
    for shard in dataset.shards():
        try:
            yield from _in_shard(dataset, shard, out)
        except DatasetError as error:
            yield f"{error} It may hold what was removed."
    for path in downloads(dataset, out):
        yield f"{path.relative_to(dataset.root)}: the video was removed"
    for folder in comparisons(dataset, out):
        yield f"{folder.relative_to(dataset.root)}: it shows clips that were removed; delete it"
    if shows(dataset.report_folder, out):
        yield f"{dataset.report_folder.name}: it shows clips that were removed; audit again"


def _in_shard(dataset: Dataset, shard: str, out: Gone) -> Iterator[str]:
    for table, variant in dataset.parts(shard):
        name = "/".join(filter(None, (table.name, variant, shard)))
        manifest = dataset.manifest(table, shard, variant)
        if manifest and still_holds(manifest, dataset.read(table, shard, variant), out):
            yield f"{name}: it holds what was removed"
    if dataset.tar(shard).exists():
        clips = {member.clip_id for member in members_of(dataset.tar(shard))}
        if left := sorted(filter(out.clip, clips)):
            yield f"{shard}.tar: it holds {len(left)} clips that were removed, such as {left[0]}"
