"""Galleries without the rest of their reports."""

from pathlib import Path

from pipeline.audit.data import AuditData
from pipeline.audit.gallery import build_gallery
from pipeline.audit.media import write_media
from pipeline.audit.picks import pick_clips
from schemas.report import Gallery


def build(data: AuditData, folder: Path) -> Gallery:
    """Write the side files and the media of `data` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ranking, picks = pick_clips(data)
    media = write_media(data, set(picks), folder, None)
    return build_gallery(data, ranking, picks, media, folder)
