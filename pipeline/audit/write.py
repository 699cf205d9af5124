"""Write a report: the page, its figures and its media, all or nothing."""

import os
import shutil
from pathlib import Path

from pipeline.audit.data import AuditData
from pipeline.audit.gallery import build_gallery
from pipeline.audit.page import render_page
from pipeline.audit.summary import summarise
from pipeline.errors import DatasetError
from pipeline.store import now
from schemas.report import Report

_PAGE, _FIGURES = "index.html", "report.json"


def write_report(data: AuditData, folder: Path) -> Report:
    """Write `index.html`, `report.json` and the gallery's media into `folder`, which is replaced
    as a whole once everything is written. Equal data give equal bytes, except for the time.

    Raises:
        DatasetError: `folder` holds something else than a report.
    """
    _check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = f".partial-{folder.name}"
    partial = folder.with_name(f"{beside}-{os.getpid()}")
    old = folder.with_name(f"{beside}-{os.getpid()}-old")
    for other in folder.parent.iterdir():
        if other.name.startswith(f"{beside}-"):  # left by a killed run
            shutil.rmtree(other)
    partial.mkdir()
    try:
        report = summarise(data, now(), build_gallery(data, partial))
        figures = report.model_dump_json(indent=1) + "\n"
        (partial / _FIGURES).write_text(figures, encoding="utf-8")
        (partial / _PAGE).write_text(render_page(report), encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return report


def _check_replaceable(folder: Path) -> None:
    """Only an empty folder or an earlier report is replaced."""
    if not folder.exists():
        return
    if folder.is_dir() and ((folder / _FIGURES).is_file() or not any(folder.iterdir())):
        return
    raise DatasetError(
        f"{folder} is in the place of the report and holds something else. "
        "Move it away, and audit again."
    )
