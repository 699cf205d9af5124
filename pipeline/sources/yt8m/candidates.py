"""Which of YouTube-8M's videos have the wanted labels."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.base import Note
from pipeline.sources.yt8m.records import read_labelled
from pipeline.sources.yt8m.tfrecord import TFRecordError
from pipeline.sources.yt8m.vocabulary import Label, Vocabulary
from pipeline.sources.yt8m.web import Yt8mWeb


@dataclass(frozen=True)
class Candidate:
    """A video that has a wanted label and no unwanted one."""

    name: str
    """A pseudo id, or the id at YouTube."""
    labels: tuple[str, ...]
    """Names, or ids of labels without a name."""


@dataclass(frozen=True)
class Wanted:
    """Labels of which a video has at least one, and those that it must not have."""

    include: Sequence[Label]
    exclude: Sequence[Label]


def on_lists(web: Yt8mWeb, wanted: Wanted) -> list[Candidate]:
    """What the lists of the labels hold, in their order. A list says nothing of other labels.

    Raises:
        SourceError, SessionBlocked: as `Yt8mWeb.members`.
    """
    found: dict[str, tuple[str, ...]] = {}
    for label in wanted.include:
        for name in web.members(label.mid):
            found[name] = (*found.get(name, ()), label.shown)
    for label in wanted.exclude:
        for name in web.members(label.mid):
            found.pop(name, None)
    return [Candidate(name, labels) for name, labels in found.items()]


def in_records(
    files: Sequence[Path], vocabulary: Vocabulary, wanted: Wanted, note: Note
) -> Iterator[Candidate]:
    """What the records hold, in the order of the files, each video once. Of a damaged file, what
    lies before the damage; the others go on.

    Raises:
        SourceError: the records use labels that the vocabulary does not have.
    """
    include, exclude = ({label.mid for label in each} for each in (wanted.include, wanted.exclude))
    seen: set[str] = set()
    for file in files:
        read = 0
        try:
            for record in read_labelled(file):
                read += 1
                labels = [vocabulary.label(index) for index in record.labels]
                mids = {label.mid for label in labels}
                if mids & include and not mids & exclude and record.name not in seen:
                    seen.add(record.name)
                    yield Candidate(record.name, tuple(label.shown for label in labels))
        except (TFRecordError, OSError) as error:
            what = str(error) if isinstance(error, TFRecordError) else error.strerror
            note(
                f"{file.name!a}: {what}. The {read} records before that were read, the rest of the "
                "file is left out: download it again"
            )


def record_files(base: Path, pattern: str) -> list[Path]:
    """The files of a pattern, or the TFRecord files in and below a folder, sorted by their paths
    byte by byte.

    Raises:
        SourceError: there are none.
    """
    given = Path(pattern).expanduser()
    start = base / given
    if start.is_dir():
        found = [path for path in start.rglob("*") if path.suffix.lower() == ".tfrecord"]
    else:
        top = Path(given.anchor) if given.is_absolute() else base
        found = list(top.glob(str(given.relative_to(given.anchor))))
    files = sorted(filter(Path.is_file, found), key=os.fsencode)
    if not files:
        raise SourceError(
            f"There are no TFRecord files at {start}: set `records` to a folder of .tfrecord files "
            "or to a pattern such as yt8m/train*.tfrecord."
        )
    return files
