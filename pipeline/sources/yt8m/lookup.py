"""From YouTube-8M's pseudo ids to ids at YouTube."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.errors import SourceError
from pipeline.sources.base import Note
from pipeline.sources.yt8m.answers import Answers
from pipeline.sources.yt8m.candidates import Candidate
from pipeline.sources.yt8m.web import AskedInVain, Yt8mWeb
from schemas.table import Seconds

_LENGTH = 11
"""Of an id at YouTube. A pseudo id has 4 characters."""
_ID = re.compile(r"[A-Za-z0-9_-]{4}|[A-Za-z0-9_-]{11}")
_MAX_FAILURES = 10
"""In a row, before the mapping counts as out of order."""
_TOLD_EVERY_S: Seconds = 60.0


def resolved(
    candidates: Iterable[Candidate], web: Yt8mWeb, answers: Answers, note: Note
) -> Iterator[tuple[str, Candidate]]:
    """The candidates that are at YouTube, each after its id there. What was answered before is not
    asked again; what could not be answered is, next time.

    Raises:
        SourceError: the mapping fails time after time.
        SessionBlocked: it asks to be left alone.
    """
    count = Counter[str]()
    told = time.monotonic()
    for candidate in candidates:
        count["taken"] += 1
        if time.monotonic() - told > _TOLD_EVERY_S:
            told = time.monotonic()
            note(f"yt8m_mv: {count['taken']} ids so far, {count['asked']} of them looked up now")
        if not _ID.fullmatch(candidate.name):
            count["failed"] += 1
            note(f"yt8m_mv: {candidate.name[:40]!a} is no id of YouTube-8M")
            continue
        try:
            youtube_id = _resolve(candidate.name, web, answers, count)
        except AskedInVain as error:
            count["failed"] += 1
            count["in a row"] += 1
            note(f"yt8m_mv: {candidate.name!a} not looked up: {error}")
            if count["in a row"] == _MAX_FAILURES:
                raise SourceError(
                    f"YouTube-8M's mapping failed {_MAX_FAILURES} times in a row, the last time "
                    f"with: {error}. Run again later; what was learnt is kept."
                ) from error
            continue
        if youtube_id is None:
            count["gone"] += 1
        else:
            yield youtube_id, candidate
    if count["gone"] or count["failed"]:
        note(
            f"yt8m_mv: of {count['taken']} ids {count['gone']} are no longer on YouTube, "
            f"{count['failed']} could not be looked up"
        )


def _resolve(name: str, web: Yt8mWeb, answers: Answers, count: Counter[str]) -> str | None:
    if len(name) == _LENGTH:
        return name
    known = answers.find(name)
    if known is None:
        count["asked"] += 1
        youtube_id = web.youtube_id(name)
        count["in a row"] = 0
        answers.learn(name, youtube_id)
        return youtube_id
    return known.youtube_id
