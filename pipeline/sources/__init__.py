"""Where videos come from, one file each."""

from pipeline.sources.amv import Amv
from pipeline.sources.base import Source
from pipeline.sources.export import Export
from pipeline.sources.folder import Folder
from pipeline.sources.urls import Urls
from pipeline.sources.yt8m_mv import Yt8mMv

SOURCES: dict[str, type[Source]] = {
    source.kind: source for source in (Folder, Urls, Amv, Yt8mMv, Export)
}
"""Every source that a recipe may name, by its `kind`."""

__all__ = ["SOURCES", "Source"]
