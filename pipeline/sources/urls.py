"""A list of addresses in a file."""

import csv
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources.addresses import parse_address
from pipeline.sources.base import Asking, Listed, Source, Texts
from pipeline.sources.ids import video_id
from schemas.table import Seconds

COLUMNS = ("title", "artist", "track", "channel", "duration_s", "upload_date", "licence")
"""What a table may say about a video besides its `url`."""

_BATCH = 10_000
"""Rows of a Parquet file that are read at once."""

Entry = tuple[int, dict[str, Any]]
"""A line or row number, counted from 1, and what stands there."""


class Urls(Source):
    """Addresses of single videos: pages of any site that yt-dlp knows, or links to media files."""

    kind: ClassVar[str] = "urls"

    path: str
    """A text file with one address a line, where `#` starts a comment; or a .csv or .parquet file
    with a column `url` and, if you like, title, artist, track, channel, duration_s, upload_date
    and licence. Relative to the recipe."""
    labels: Texts = []
    """Given to every video."""

    def list(self, asking: Asking) -> Iterator[Listed]:
        """The addresses in the file's order. Each line that is no video's address is noted."""
        path = asking.base / Path(self.path).expanduser()
        found = False
        for number, entry in _entries(path):
            try:
                listed = self._listed(entry)
            except ValueError as error:
                asking.note(f"{path.name}:{number}: {str(entry['url'])[:200]!a} left out: {error}")
                continue
            found = True
            yield listed
        if not found:
            raise SourceError(
                f"{path} holds no address of a video. One address a line, such as "
                "https://example.org/video.mp4; lines starting with # are comments."
            )

    def _listed(self, entry: dict[str, Any]) -> Listed:
        address = parse_address(str(entry["url"] or ""))
        if address.is_list:
            raise ValueError("it is a playlist or channel; list it through a source of kind amv")
        return Listed(
            video_id=video_id(address.site, address.raw_id),
            site=address.site,
            url=address.url,
            labels=tuple(self.labels),
            **_facts(entry),
        )


def _entries(path: Path) -> Iterator[Entry]:
    """Line by line: a list may be larger than the memory."""
    readers = {".csv": _csv_entries, ".parquet": _parquet_entries}
    try:
        yield from readers.get(path.suffix.lower(), _text_entries)(path)
    except FileNotFoundError:
        raise SourceError(
            f"There is no file {path}: set `path` to the list of addresses."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowInvalid) as error:
        raise SourceError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _text_entries(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            address = line.split(" #")[0].strip()
            if address and not address.startswith("#"):
                yield number, {"url": address}


def _csv_entries(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        _check_columns(path, reader.fieldnames or ())
        for row in reader:
            yield reader.line_num, row


def _parquet_entries(path: Path) -> Iterator[Entry]:
    with pq.ParquetFile(path) as file:
        _check_columns(path, file.schema_arrow.names)
        names = [name for name in file.schema_arrow.names if name in ("url", *COLUMNS)]
        batches = file.iter_batches(_BATCH, columns=names)
        rows = (row for batch in batches for row in batch.to_pylist())
        yield from enumerate(rows, start=1)


def _check_columns(path: Path, names: Iterable[str]) -> None:
    if "url" not in names:
        shown = ", ".join(ascii(name) for name in names) or "none"
        raise SourceError(f"{path} has no column `url`. Its columns: {shown}.")


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        name: str(entry[name]) for name in COLUMNS if entry.get(name) not in (None, "")
    }
    if "duration_s" in facts:
        facts["duration_s"] = _seconds(facts["duration_s"])
    if "upload_date" in facts:
        facts["upload_date"] = _date(facts["upload_date"])
    return facts


def _seconds(text: str) -> Seconds | None:
    """None for "nan", as which tables write what they do not know."""
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f"duration_s is {text[:40]!a}, but should be a number") from None
    return seconds if isfinite(seconds) else None


def _date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", text):
        raise ValueError(f"upload_date is {text[:40]!a}, but should be like 20241231")
    return text.replace("-", "")
