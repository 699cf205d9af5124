"""Local video files."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from unicodedata import normalize

from pydantic import Field

from pipeline.errors import SourceError
from pipeline.sources.base import Asking, Listed, Note, Source, Texts
from pipeline.sources.ids import short_digest, slug, video_id

EXTENSIONS = frozenset(
    f".{name}"
    for name in (
        *("3gp", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4"),
        *("mpeg", "mpg", "mts", "ogv", "ts", "vob", "webm", "wmv"),
    )
)
"""Files that count as videos; whether one really is shows when it is probed."""


class Folder(Source):
    """All video files in a folder and the folders below it. They are used where they lie, and are
    never copied, changed or deleted."""

    kind: ClassVar[str] = "folder"

    path: str
    """The folder, relative to the recipe."""
    site: str = Field(default="folder", pattern="^[A-Za-z0-9_]{1,32}$")
    """First part of every video id. Ids follow from the paths below the folder, so two folders
    with equal file names need different ones."""
    labels: Texts = []
    """Given to every video."""

    def list(self, asking: Asking) -> Iterator[Listed]:
        """The files, sorted by path. Links that lead out of the folder are left out."""
        root = (asking.base / Path(self.path).expanduser()).resolve()
        if not root.is_dir():
            raise SourceError(f"There is no folder {root}: set `path` to the folder of the videos.")
        found = False
        for path in _video_files(root, asking.note):
            if not _inside(path, root):
                asking.note(f"{_printable(path)}: left out, the link leads out of {root}")
            elif not _is_utf8(path):
                asking.note(f"{_printable(path)}: left out, its name is not UTF-8; rename it")
            else:
                found = True
                yield self._listed(path, root)
        if not found:
            known = " ".join(sorted(EXTENSIONS))
            raise SourceError(f"There is no video file in {root}. Looked for: {known}.")

    def _listed(self, path: Path, root: Path) -> Listed:
        relative = normalize("NFC", path.relative_to(root).as_posix())
        raw_id = "-".join(filter(None, (slug(path.stem)[:48], short_digest(relative))))
        return Listed(
            video_id=video_id(self.site, raw_id),
            site=self.site,
            url=str(path),
            title=path.stem,
            labels=tuple(self.labels),
        )


def _video_files(root: Path, note: Note) -> list[Path]:
    def unreadable(error: OSError) -> None:
        note(f"{error.filename!a}: left out, the folder cannot be read ({error.strerror})")

    found = []
    for folder, folders, names in os.walk(root, onerror=unreadable):
        for link in sorted(name for name in folders if Path(folder, name).is_symlink()):
            note(f"{_printable(Path(folder, link))}: left out, links to folders are not followed")
        found += [Path(folder, name) for name in names if Path(name).suffix.lower() in EXTENSIONS]
    return sorted(found, key=os.fsencode)


def _inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root)


def _is_utf8(path: Path) -> bool:
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in str(path))


def _printable(path: Path) -> str:
    return ascii(str(path))
