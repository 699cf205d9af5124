"""Write a report: the page, its figures and its media, all or nothing."""

from collections.abc import Callable
from pathlib import Path

from pipeline.audit.data import AuditData
from pipeline.audit.gallery import build_gallery
from pipeline.audit.media import write_media
from pipeline.audit.page import render_page
from pipeline.audit.picks import pick_clips
from pipeline.audit.summary import summarise
from pipeline.collector import no_collector
from pipeline.folders import recover, refuse_foreign, replacing
from pipeline.store import now
from schemas.report import Report

_PAGE, _FIGURES = "index.html", "report.json"


@no_collector()
def write_report(
    data: AuditData, folder: Path, on_shard: Callable[[int], None] = lambda shards: None
) -> Report:
    """Write `index.html`, `report.json`, the gallery's data and its media into `folder`, which is
    replaced as a whole once everything is written; media of unchanged shards are taken over. Equal
    data give equal bytes, except for the time.

    Args:
        on_shard: told of how many more shards the media are written; that takes most of the time.

    Raises:
        DatasetError: `folder` holds something else than a report.
        DiskFull: the disk refuses. The old report stays as it was.
    """
    recover(folder)
    refuse_foreign(folder, _FIGURES, "the report", "audit again")
    with replacing(folder) as partial:
        return _write(data, partial, folder if folder.exists() else None, on_shard)


def _write(
    data: AuditData, folder: Path, earlier: Path | None, on_shard: Callable[[int], None]
) -> Report:
    ranking, picks = pick_clips(data)
    media = write_media(data, set(picks), folder, earlier, on_shard)
    gallery = build_gallery(data, ranking, picks, media, folder)
    report = summarise(data, now(), gallery, media.facts)
    figures = report.model_dump_json(indent=1) + "\n"
    (folder / _FIGURES).write_text(figures, encoding="utf-8")
    (folder / _PAGE).write_text(render_page(report), encoding="utf-8")
    return report
