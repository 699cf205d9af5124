"""What YouTube-8M's mapping answered, so that nothing is asked twice."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipeline.errors import SourceError
from schemas.table import Seconds

_SAVED_EVERY_S: Seconds = 2.0
_DAY_S: Seconds = 86_400.0
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers"
    " (pseudo_id TEXT PRIMARY KEY, youtube_id TEXT, at INTEGER NOT NULL) WITHOUT ROWID"
)
_FIND = "SELECT youtube_id, at FROM answers WHERE pseudo_id = ?"
_KEEP = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)"


@dataclass(frozen=True)
class Answer:
    """The id at YouTube; None for a video that left it."""

    youtube_id: str | None


class Answers:
    """Answers in an SQLite file, written every two seconds and at the end: a killed run loses no
    more than that.

    That a video is gone is written down only once the mapping has named another one in the same
    run, because a firewall's 403 looks the same.
    """

    def __init__(self, file: Path, gone_days: int) -> None:
        """
        Args:
            file: made if there is none.
            gone_days: after so many days a video that was gone is unknown again; 0 for never.

        Raises:
            SourceError: the file cannot be used.
        """
        self._file = file
        self._gone_s = gone_days * _DAY_S
        self._new: dict[str, tuple[str, str | None, int]] = {}
        self._trusted = False
        self._saved = time.monotonic()
        with self._usable():
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file)
            self._connection.execute(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.save()
        finally:
            self._connection.close()

    def find(self, pseudo_id: str) -> Answer | None:
        """What was answered; None if it must be asked for.

        Raises:
            SourceError: the file is damaged.
        """
        with self._usable():
            row = self._connection.execute(_FIND, (pseudo_id,)).fetchone()
        if row is None:
            return None
        youtube_id, at = row
        if youtube_id is None and self._gone_s and time.time() - at > self._gone_s:
            return None
        return Answer(youtube_id)

    def learn(self, pseudo_id: str, youtube_id: str | None) -> None:
        """Remember an answer.

        Raises:
            SourceError: as `save`.
        """
        self._new[pseudo_id] = (pseudo_id, youtube_id, int(time.time()))
        self._trusted = self._trusted or youtube_id is not None
        if time.monotonic() - self._saved > _SAVED_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write what is new.

        Raises:
            SourceError: the file cannot be written.
        """
        self._saved = time.monotonic()
        if self._trusted and self._new:
            with self._usable(), self._connection:
                self._connection.executemany(_KEEP, self._new.values())
            self._new.clear()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise SourceError(
                f"The answers of YouTube-8M's mapping in {self._file} cannot be used ({error}): "
                "make room, or wait for another run to end; if neither helps, delete the file, and "
                "they are asked for again."
            ) from error
