"""What the commands print that hand a dataset over, or take out of it."""

from collections.abc import Iterable
from pathlib import Path

from flows.show import counted, line
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas.export import ExportManifest
from schemas.removal import Removal

_NAMED = 5


def exported(made: ExportManifest, out: Path) -> None:
    """What an export holds, and what it leaves out."""
    size = sum(file.bytes for file in made.files)
    files = counted(len(made.files), "file")
    line(f"Exported {counted(made.clips, 'clip')} in {files}, {size / 1e6:.1f} MB, to {out}")
    if made.left_out:
        parts = (f"{count} ({why})" for why, count in made.left_out.items())
        line(f"Left out: {', '.join(parts)}.")
    line(f"What it is, and what may be done with it: {out / 'README.md'}")


def recreated(dataset: Dataset, recipe: Recipe) -> None:
    """Of a dataset that is built from a metadata export: which clips are as they were."""
    from pipeline.export.recreate import recreated as compared

    if found := compared(dataset, recipe):
        for text in found.lines():
            line(text)


def finished(found: Removal | None) -> None:
    """What an interrupted removal had left."""
    if found:
        line(f"Finished what an interrupted removal left: {_some(found.finished)}.")


def removed(found: Removal, dry_run: bool) -> None:
    """What was taken out, and what others must read again."""
    if found.videos or found.clips:
        verb = "Would remove" if dry_run else "Removed"
        videos, clips = counted(len(found.videos), "video"), counted(len(found.clips), "clip")
        line(f"{verb} {videos} and {clips}, in {counted(len(found.shards), 'shard')}.")
    if found.already:
        line(f"Removed before: {_some(found.already)}.")
    if found.finished:
        line(f"Finished what an interrupted removal left: {_some(found.finished)}.")
    if found.shards:
        again = _some(f"shards/{shard}.tar" for shard in found.shards)
        line(f"Trainers must read again: {again}.")
    for export in found.exports:
        changed = f": {_some(export.files)}" if export.files else ""
        line(f"{'Would look through' if dry_run else 'Changed'} the export {export.path}{changed}.")
    for path in found.exports_not_found:
        line(f"The export made in {path} is not there: whoever has it must take them out.")
    if found.copies:
        line(f"Copies of removed videos that were dropped stay dropped: {_some(found.copies)}.")


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _NAMED} more (--json names all)" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more
