"""What the gallery loads when it is looked at: columns of all clips, and their texts in parts.

Each file is a script that calls one function with JSON: a page that is opened from disk may load
scripts from beside it, but no other data.
"""

import json
import math
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from pipeline.audit.entries import Entries, Entry, ScoreColumn
from pipeline.audit.links import at_second
from pipeline.audit.marks import marks
from pipeline.audit.media import ReportMedia
from schemas.prompt import CLIP_CONTEXT
from schemas.report import Pick, Ranking
from schemas.table import Sha256

FOLDER = "data"
CLIPS_PER_PART = 500
TRUNCATED, MISSING, FRAME, AUDIO = 1, 2, 4, 8
"""Bits of a clip's flags."""
_DIGITS = 5
"""Significant ones of the largest score of a column: a cosine is told to 0.00001."""


def write_side_files(
    entries: Entries,
    ranking: Ranking | None,
    picks: Mapping[str, Pick],
    media: ReportMedia,
    folder: Path,
    digest: Sha256,
) -> None:
    """Write `data/index.js` and `data/clips-0000.js` … into the report's folder."""
    (folder / FOLDER).mkdir()
    index = _index(entries, ranking, picks, media)
    _write(folder / FOLDER / "index.js", "index", digest, index)
    for number, first in enumerate(range(0, len(entries.entries), CLIPS_PER_PART)):
        places = range(first, min(first + CLIPS_PER_PART, len(entries.entries)))
        name = f"clips-{number:04d}"
        clips = {"clips": [_clip(entries, place, media) for place in places]}
        _write(folder / FOLDER / f"{name}.js", name, digest, clips)


def script(content: dict[str, Any]) -> str:
    """A call of the gallery's function. The text is plain ASCII without `<`, and so is the same
    script in every encoding, and no end of one within a page."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")
    return f"framesong({text});\n"


def _write(path: Path, part: str, digest: Sha256, content: dict[str, Any]) -> None:
    text = script({"part": part, "digest": digest, **content})
    path.write_text(text, encoding="ascii", newline="\n")


def _index(
    entries: Entries, ranking: Ranking | None, picks: Mapping[str, Pick], media: ReportMedia
) -> dict[str, Any]:
    """Columns of all clips. Words that repeat are numbers of places in lists."""
    shared, rest = _front_coded([entry.clip.clip_id for entry in entries.entries])
    shards, sources, splits, rules, broken = (_Words() for _ in range(5))
    places = {entry.clip.clip_id: place for place, entry in enumerate(entries.entries)}
    content = {
        "clips": len(entries.entries),
        "perPart": CLIPS_PER_PART,
        "context": CLIP_CONTEXT,
        "ranking": _ranking(entries.scores, ranking),
        "picks": [[pick, places[clip_id]] for clip_id, pick in picks.items()],
        "scores": [_score(column) for column in entries.scores],
        "shared": shared,
        "rest": rest,
        "shard": [shards.number(entry.clip.shard) for entry in entries.entries],
        "split": [splits.number(entry.clip.split) for entry in entries.entries],
        "source": [
            sources.number(entry.video.source if entry.video else "") for entry in entries.entries
        ],
        "broken": [
            broken.number(tuple(map(rules.number, _rules(entry)))) for entry in entries.entries
        ],
        "flags": [_flags(entries, place, media) for place in range(len(entries.entries))],
        "words": [
            entry.prompts[0][1].words if entry.prompts else None for entry in entries.entries
        ],
        "tokens": [
            entry.prompts[0][1].clip_tokens if entry.prompts else None for entry in entries.entries
        ],
    }
    return content | {
        "shards": shards.found,
        "sources": sources.found,
        "splits": splits.found,
        "rules": rules.found,
        "brokenSets": broken.found,
    }


class _Words:
    """Numbers things in the order in which they come first."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def number(self, word: Any) -> int:
        return self._numbers.setdefault(word, len(self._numbers))

    @property
    def found(self) -> list[Any]:
        return list(self._numbers)


def _front_coded(ids: list[str]) -> tuple[list[int], list[str]]:
    """Sorted ids as how many characters each shares with the one before, and the rest of it."""
    shared, rest, before = [], [], ""
    for each in ids:
        length = _common(before, each) if each.isascii() else 0
        shared.append(length)
        rest.append(each[length:])
        before = each
    return shared, rest


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _ranking(columns: list[ScoreColumn], ranking: Ranking | None) -> int | None:
    """The place of the ranking's scores among the columns."""
    if ranking is None:
        return None
    wanted = (ranking.step, ranking.metric, ranking.subject)
    named = [(column.step, column.metric, column.subject) for column in columns]
    return named.index(wanted) if wanted in named else None


def _score(column: ScoreColumn) -> dict[str, Any]:
    """A column of whole numbers: value times `scale`."""
    finite = [value for value in column.values if not math.isnan(value)]
    greatest = max(map(abs, finite), default=0.0)
    power = _DIGITS - math.ceil(math.log10(greatest)) if greatest else 0
    scale = float(f"1e{max(min(power, 300), -300)}")
    return {
        "step": column.step,
        "metric": column.metric,
        "subject": column.subject,
        "scale": scale,
        "least": min(finite, default=None),
        "greatest": max(finite, default=None),
        "values": [None if math.isnan(value) else round(value * scale) for value in column.values],
    }


def _rules(entry: Entry) -> list[str]:
    return sorted({rule for _, row in entry.prompts for rule in row.violations})


def _flags(entries: Entries, place: int, media: ReportMedia) -> int:
    entry = entries.entries[place]
    return (
        TRUNCATED * entries.truncated(place)
        | MISSING * bool(entry.missing)
        | FRAME * (entry.clip.clip_id in media.frames)
        | AUDIO * (entry.clip.clip_id in media.audio)
    )


def _clip(entries: Entries, place: int, media: ReportMedia) -> dict[str, Any]:
    """A clip's texts; what the index has is not told again."""
    entry = entries.entries[place]
    clip, video = entry.clip, entry.video
    return {
        "video": clip.video_id,
        "title": video.title if video else None,
        "artist": video.artist if video else None,
        "url": at_second(video.url, clip.start_s) if video else None,
        "start": clip.start_s,
        "end": clip.end_s,
        "frameAt": clip.frame_pts_s,
        "size": [clip.frame_width, clip.frame_height],
        "frame": media.frames.get(clip.clip_id),
        "audio": media.audio.get(clip.clip_id),
        "prompts": [
            [step, row.text, row.words, row.clip_tokens, row.violations, marks(row, video)]
            for step, row in entry.prompts
        ],
        "answers": [[step, row.question, row.answer] for step, row in entry.frame_captions],
        "music": [[step, row.text] for step, row in entry.music_captions],
        "missing": [[gap.step, gap.reason, gap.detail] for gap in entry.missing],
        "cut": [number for number, column in enumerate(entries.scores) if place in column.cut],
    }
