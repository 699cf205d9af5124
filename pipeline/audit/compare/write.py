"""Write a comparison: the page, its figures and the media of the clips that it shows."""

from collections import defaultdict
from pathlib import Path

from pipeline.audit.compare.page import render_comparison
from pipeline.audit.shard_media import ShardJob, write_shard_media
from pipeline.audit.thumbnails import safe_name
from pipeline.folders import recover, refuse_foreign, replacing, write_file
from pipeline.store import Dataset
from schemas import CLIPS
from schemas.report.comparison import ComparedClip, Comparison

_PAGE, _FIGURES, _MEDIA = "index.html", "comparison.json", "media"
_LONGEST_NAME = 200
"""File systems take 255 bytes, and the folder is built beside its place under a longer name."""


def write_comparison(comparison: Comparison, dataset: Dataset) -> Path:
    """Write `index.html`, `comparison.json` and media into a folder of the dataset's comparisons,
    named by the variants, which is replaced as a whole once everything is written.

    Returns:
        The page.

    Raises:
        DatasetError: something else is in the folder's place.
        DiskFull: the disk refuses.
    """
    folder = dataset.comparisons_folder / folder_name(comparison)
    recover(folder)
    refuse_foreign(folder, _FIGURES, "the comparison", "compare again")
    with replacing(folder) as partial:
        shown = comparison.model_copy(update={"clips": _with_media(dataset, comparison, partial)})
        figures = shown.model_dump_json(indent=1) + "\n"
        write_file(partial / _FIGURES, figures.encode())
        write_file(partial / _PAGE, render_comparison(shown).encode())
    return folder / _PAGE


def folder_name(comparison: Comparison) -> str:
    """Where a comparison lies, among the dataset's: `<A>--<B>`."""
    name = "--".join(each.variant for each in comparison.variants)
    return name if len(name) <= _LONGEST_NAME else safe_name(name)


def _with_media(dataset: Dataset, comparison: Comparison, folder: Path) -> list[ComparedClip]:
    """The clips with their frames and sound, as far as these can be read."""
    shards: dict[str, list[str]] = defaultdict(list)
    wanted = {clip.clip_id for clip in comparison.clips}
    for shard in dataset.shards() if wanted else ():
        for clip_id in dataset.read_column(CLIPS, shard, "clip_id"):
            if clip_id in wanted:
                shards[shard].append(clip_id)
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for shard, clips in shards.items():
        tar, place = dataset.tar(shard), f"{_MEDIA}/{shard}"
        job = ShardJob(
            tar=tar if tar.is_file() else None,
            digest=None,
            clips=tuple(clips),
            shown=frozenset(clips),
            heard=frozenset(clips),
            timed=frozenset(),
            folder=folder / place,
            earlier=None,
        )
        media = write_shard_media(job)
        for clip in media.facts:
            files[clip]["frame"] = f"{place}/{safe_name(clip)}.jpg"
        for clip, name in media.audio.items():
            files[clip]["audio"] = f"{place}/{name}"
    return [clip.model_copy(update=files[clip.clip_id]) for clip in comparison.clips]
