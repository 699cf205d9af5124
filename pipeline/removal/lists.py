"""Lists of ids that people make: by hand, or by marking clips in the report's gallery."""

import re
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import DatasetError

_ID = re.compile(rb"[A-Za-z0-9_-]{1,200}")
_MAX_BYTES = 256 * 2**20
"""The ids of a million clips take about 50 MB."""
_MAX_LINE = 10_000
"""Bytes; a comment may be long, a line without end is none."""
_SHOWN = 40


def read_ids(path: Path) -> list[str]:
    """The ids of videos or clips in a text file, each once, in the file's order.

    One id a line. Empty lines and lines that start with `#` are left out.

    Raises:
        DatasetError: the file cannot be read, names nothing, or has a line that is no id.
    """
    try:
        with path.open("rb") as file:
            ids = _ids(path, iter(lambda: file.readline(_MAX_LINE + 1), b""))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from None
    if not ids:
        raise DatasetError(f"{path} names nothing: write one id of a video or clip a line.")
    return ids


def _ids(path: Path, lines: Iterable[bytes]) -> list[str]:
    found: dict[str, None] = {}
    size = 0
    for number, line in enumerate(lines, start=1):
        size += len(line)
        if size > _MAX_BYTES:
            raise DatasetError(
                f"{path} is no list of ids: it is larger than {_MAX_BYTES // 2**20} MiB."
            )
        text = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
        if len(line) <= _MAX_LINE and (not text or text.startswith(b"#")):
            continue
        if not _ID.fullmatch(text):
            shown = ascii(text[:_SHOWN].decode("utf-8", "replace"))
            raise DatasetError(
                f"{path}, line {number}: {shown}{'…' if len(text) > _SHOWN else ''} is no id of a "
                "video or clip. Write one id a line; lines that start with # are left out."
            )
        found[text.decode()] = None
    return list(found)
