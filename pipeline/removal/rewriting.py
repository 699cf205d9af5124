"""One shard without some of its clips and videos: all of its files change together."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import DatasetError
from pipeline.failures import kept_out
from pipeline.journal import changes
from pipeline.media.shard import read_shard, write_shard
from pipeline.removal.tombstones import Gone
from pipeline.stage import Sample
from pipeline.store import Dataset, manifest_bytes, part_bytes
from schemas import CLIPS, MEDIA, TABLES
from schemas.manifest import PartManifest, ShardManifest
from schemas.table import Row, Table, content_digest

Part = tuple[Table[Row], str | None]


@dataclass(frozen=True)
class Draft:
    """What a shard is to become."""

    shard: str
    parts: dict[Part, tuple[PartManifest, Sequence[Row] | None]] = field(default_factory=dict)
    """Changed parts. Without rows, only the manifest is another."""
    tar: ShardManifest | None = None
    """The old manifest with new inputs, if the shard is committed and anything changes."""
    new_tar: bool = False
    """Whether the tar loses clips."""
    clips: int = 0
    """How many stay."""
    unfinished: bool = False
    """Whether a tar without a manifest lies there, of which nobody knows what it holds."""


def draft(dataset: Dataset, shard: str, out: Gone) -> Draft:
    """What is to become of a shard's files. Changes nothing.

    No step becomes stale by it: what was made of rows that are rewritten names their new digest.

    Raises:
        DatasetError: a part is damaged, or the tar is gone.
    """
    before: dict[Part, PartManifest] = {}
    after: dict[Part, tuple[PartManifest, Sequence[Row] | None]] = {}
    digests: dict[tuple[str, str], str] = {}
    for table, variant in dataset.parts(shard):
        manifest = dataset.manifest(table, shard, variant)
        if manifest is None:
            continue
        before[table, variant] = manifest
        rows = dataset.read(table, shard, variant)
        new, left = _without(table, manifest, rows, out)
        after[table, variant] = (new, None if len(left) == len(rows) else left)
        digests[_key(table, variant), manifest.digest] = new.digest
    changed: dict[Part, tuple[PartManifest, Sequence[Row] | None]] = {}
    for part, (new, rows_left) in after.items():
        manifest = new.model_copy(update={"inputs": _renamed(new.inputs, digests)})
        if manifest != before[part]:
            changed[part] = (manifest, rows_left)
    tar = dataset.shard_manifest(shard)
    new_tar = tar is not None and (CLIPS, None) in changed and changed[CLIPS, None][1] is not None
    if new_tar and not dataset.tar(shard).exists():
        raise DatasetError(
            f"{dataset.tar(shard)} is gone, so nothing can be taken out of it: bring it back, and "
            "run `framesong remove` again."
        )
    clips = after[CLIPS, None][0].rows if (CLIPS, None) in after else 0
    if tar is not None and changed:
        update = {
            "clips": clips,
            "videos": tar.videos - _accepted(dataset, shard, out),
            "inputs": _renamed(tar.inputs, digests),
        }
        tar = tar.model_copy(update=update)
    unfinished = tar is None and bool(changed) and dataset.tar(shard).exists()
    return Draft(shard, changed, tar if changed else None, new_tar, clips, unfinished)


def rewrite(dataset: Dataset, made: Draft, out: Gone) -> None:
    """Make a shard what was drafted: all of it or, should this be killed, nothing or all of it by
    whoever locks the dataset next.

    Raises:
        DatasetError: the tar is damaged.
        DiskFull: there is no room for the new files beside the old ones.
    """
    if not made.parts:
        return
    with changes(dataset.root) as together:
        for (table, variant), (manifest, rows) in made.parts.items():
            path = dataset.part(table, made.shard, variant)
            if rows is not None:
                data = part_bytes(table, rows)
                manifest = manifest.model_copy(update={"sha256": _sha256(data)})
                together.replace(path, data)
            together.replace(path.with_suffix(".json"), manifest_bytes(manifest))
        tar = dataset.tar(made.shard)
        if made.unfinished:
            together.delete(tar)
        if made.tar is not None:
            facts: dict[str, Any] = {}
            if made.new_tar:
                file = write_shard(together.replacing(tar), _samples(dataset, made.shard, out))
                facts = {"sha256": file.sha256, "bytes": file.bytes, "clips": file.clips}
            manifest_of_tar = made.tar.model_copy(update=facts)
            together.replace(tar.with_suffix(".json"), manifest_bytes(manifest_of_tar))
        for path in _undeclared(dataset, made.shard):
            together.delete(path)


def _without(
    table: Table[Row], manifest: PartManifest, rows: Sequence[Row], out: Gone
) -> tuple[PartManifest, Sequence[Row]]:
    """A part's manifest and rows as they are to be. `sha256` follows from the file."""
    left = [row for row in rows if not is_gone(row, out)]
    failures = [each for each in manifest.failures if not _names(each.clip_id, out)]
    not_asked = [each for each in manifest.not_asked if not out.clip(each)]
    lost = _clips_of(rows) - _clips_of(left)
    facts: dict[str, Any] = {
        "failures": failures,
        "not_asked": not_asked,
        "changed_since": {
            digest: [each for each in clips if not out.clip(each)]
            for digest, clips in manifest.changed_since.items()
        },
        "clips": manifest.clips
        - len(lost)
        - (len(manifest.failures) - len(failures))
        - (len(manifest.not_asked) - len(not_asked)),
    }
    if len(left) < len(rows):
        facts |= {"rows": len(left), "digest": content_digest(table, left)}
    return manifest.model_copy(update=facts), left


def is_gone(row: Row, out: Gone) -> bool:
    """Whether a row speaks of a removed clip or video. That a match names one as the other video
    does not count: it says why a copy stays out."""
    clip_id, video_id = getattr(row, "clip_id", None), getattr(row, "video_id", None)
    return (clip_id is not None and out.clip(clip_id)) or video_id in out.videos


def still_holds(manifest: PartManifest, rows: Iterable[Row], out: Gone) -> bool:
    """Whether a part holds anything that was removed."""
    clips = [
        *manifest.not_asked,
        *(each for some in manifest.changed_since.values() for each in some),
    ]
    return (
        any(is_gone(row, out) for row in rows)
        or any(_names(each.clip_id, out) for each in manifest.failures)
        or any(map(out.clip, clips))
    )


def _names(failed_id: str, out: Gone) -> bool:
    """While cutting, a failure may be a whole video's."""
    return out.clip(failed_id) or failed_id in out.videos


def _clips_of(rows: Iterable[Row]) -> set[str]:
    return {clip_id for row in rows if (clip_id := getattr(row, "clip_id", None)) is not None}


def _key(table: Table[Row], variant: str | None) -> str:
    return f"{table.name}/{variant}" if variant else table.name


def _renamed(inputs: dict[str, str], digests: dict[tuple[str, str], str]) -> dict[str, str]:
    """Stale inputs stay what they are."""
    return {key: digests.get((key, digest), digest) for key, digest in inputs.items()}


def _accepted(dataset: Dataset, shard: str, out: Gone) -> int:
    """How many of the removed videos were cut."""
    dropped = kept_out(dataset, shard)
    return sum(
        row.status == "ok" and row.video_id in out.videos and row.video_id not in dropped
        for row in dataset.read(MEDIA, shard)
    )


def _samples(dataset: Dataset, shard: str, out: Gone) -> Iterator[Sample]:
    for sample in read_shard(dataset.tar(shard)):
        if not out.clip(sample.clip_id):
            yield sample


def _undeclared(dataset: Dataset, shard: str) -> Iterator[Any]:
    """Parts without a manifest: they do not count, but may hold what is to go."""
    for table in TABLES.values():
        for variant in (None, *dataset.variants(table)):
            path = dataset.part(table, shard, variant)
            if path.exists() and not path.with_suffix(".json").exists():
                yield path


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
